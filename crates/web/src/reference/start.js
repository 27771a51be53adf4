"use strict";

SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: "api/openapi.json",
  // No badge from a validator elsewhere.
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
});
