import { Auth } from "./auth.js";
import { Orders } from "./orders.js";
import { Posts } from "./posts.js";
import { Products } from "./products.js";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.js";
import { Transport } from "./transport.js";
import { Users } from "./users.js";

/** How a client is to call. */
export interface ClientOptions {
  /** What stands before `/api`: `https://example.org`, or `https://example.org/shop`. In a browser it may be a path. */
  baseUrl: string | URL;
  /** Whose token goes along; without one the calls are anonymous. See {@link HexpressClient.withToken}. */
  token?: string;
  /** Four attempts within a minute unless this says otherwise. */
  retry?: Partial<RetryPolicy>;
  /** How many milliseconds an attempt may take: 30,000 unless this says otherwise. */
  timeoutMs?: number;
  /** Sends the requests in place of the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * Calls the API of one server, as somebody or anonymously.
 *
 * Reads, and orders, which carry an idempotency key, are repeated where no answer comes or one of 429, 502, 503 and
 * 504, as late as `Retry-After` says. Any other write is repeated only where a rate limit has refused it (429):
 * whether one without an answer has taken effect, only reading back can tell.
 */
export class HexpressClient {
  readonly auth: Auth;
  readonly users: Users;
  readonly posts: Posts;
  readonly products: Products;
  readonly orders: Orders;
  readonly #options: ClientOptions;

  /** Sends nothing. Throws a `TypeError` for a base URL or a token that is none. */
  constructor(options: ClientOptions) {
    // A message of `fetch` would show it.
    if (options.token !== undefined && !/^[\x21-\x7e]+$/.test(options.token)) {
      throw new TypeError("The token is empty, or has characters that no token has");
    }
    this.#options = options;
    const transport = new Transport({
      baseUrl: parseBaseUrl(options.baseUrl),
      token: options.token,
      retry: { ...DEFAULT_RETRY, ...options.retry },
      timeoutMs: options.timeoutMs ?? 30_000,
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    });
    this.auth = new Auth(transport);
    this.users = new Users(transport);
    this.posts = new Posts(transport);
    this.products = new Products(transport);
    this.orders = new Orders(transport);
  }

  /** A client that calls the same server as whoever has this token. This one stays as it is. */
  withToken(token: string): HexpressClient {
    return new HexpressClient({ ...this.#options, token });
  }
}

function parseBaseUrl(baseUrl: string | URL): string {
  const url = new URL(baseUrl, globalThis.location?.href);
  if (!["http:", "https:"].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError("The base URL must be http:// or https:// with a host, without user, query and fragment");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}
