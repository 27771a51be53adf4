import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createConfig, lint } from "@redocly/openapi-core";

test("redocly finds no error in the document", async () => {
  const ref = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
  const problems = await lint({ ref, config: await createConfig({ extends: ["recommended"] }) });
  const errors = problems.filter((problem) => problem.severity === "error");
  assert.deepEqual(errors.map((error) => `${error.ruleId}: ${error.message}`), []);
});
