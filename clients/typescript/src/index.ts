/**
 * Client for the HTTP API of Hexpress. Open {@link HexpressClient} first.
 *
 * @packageDocumentation
 */
export { HexpressClient, type ClientOptions } from "./client.js";
export { HexpressError, type Detail, type ErrorCode } from "./error.js";
export type { List, Page } from "./list.js";
export type { RetryPolicy } from "./retry.js";
export type { CallOptions, IdOr } from "./transport.js";
export type * from "./types.js";
