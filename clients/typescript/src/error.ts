import type { components } from "./schema.js";

/** A field, query parameter or header that is at fault, and why. */
export type Detail = components["schemas"]["Detail"];

/** Codes of the API, which never change their meaning, and two of the client's own. Later versions may add some. */
export type ErrorCode =
  | "VALIDATION_ERROR"
  | "INVALID_JSON"
  | "REFERENCE_ERROR"
  | "UNAUTHENTICATED"
  | "INVALID_CREDENTIALS"
  | "FORBIDDEN"
  | "EMAIL_NOT_VERIFIED"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_TIMEOUT"
  | "DUPLICATE_ERROR"
  | "INVALID_STATE"
  | "INSUFFICIENT_STOCK"
  | "PRECONDITION_FAILED"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "IDEMPOTENCY_KEY_REUSED"
  | "RATE_LIMITED"
  | "INTERNAL_ERROR"
  | "NOT_IMPLEMENTED"
  | "UNAVAILABLE"
  /** The client's own: nothing came back (no connection, or not in time). `cause` says more. */
  | "NO_ANSWER"
  /** The client's own: something else answered than the API, such as a proxy. */
  | "UNEXPECTED_ANSWER"
  | (string & {});

/** What a {@link HexpressError} is made of. */
interface Parts {
  status: number;
  code: ErrorCode;
  message: string;
  details?: readonly Detail[] | undefined;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  cause?: unknown;
}

/** A call that has failed. Aborting a call rejects with the reason of its signal, not with this. */
export class HexpressError extends Error {
  override readonly name = "HexpressError";
  /** The status of the answer; 0 where none came, or where a browser hides it (a redirect). */
  readonly status: number;
  /** For programs. */
  readonly code: ErrorCode;
  /** All fields at fault, in the order of the request's schema; empty where no single one is. */
  readonly details: readonly Detail[];
  /** The request's name in the log of the server. */
  readonly requestId: string | undefined;
  /** How many seconds to wait before trying again, where the answer says so. */
  readonly retryAfter: number | undefined;

  /** @internal */
  constructor(parts: Parts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.status = parts.status;
    this.code = parts.code;
    this.details = parts.details ?? [];
    this.requestId = parts.requestId;
    this.retryAfter = parts.retryAfter;
  }
}
