import { type Detail, HexpressError } from "./error.js";
import { pause, retryAfter, type RetryPolicy, sleep } from "./retry.js";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, the pauses between its attempts included. */
  signal?: AbortSignal | undefined;
}

/** A thing as it was read, or its id. */
export type IdOr<T extends { id: string }> = string | Pick<T, "id">;

/** Query parameters: what is `undefined` is left out, several values are joined by commas. */
export type Query = Record<string, unknown>;

/** What is to be sent. */
export interface Call extends CallOptions {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Behind `/api/`. */
  path: string;
  query?: Query | undefined;
  body?: unknown;
  ifMatch?: string | undefined;
  idempotencyKey?: string | undefined;
}

export interface TransportOptions {
  /** Without a slash at its end. */
  baseUrl: string;
  token: string | undefined;
  retry: RetryPolicy;
  timeoutMs: number;
  fetch: typeof fetch;
}

interface Success {
  success: true;
  data: unknown;
}

/** The API's own errors. */
interface Failure {
  success: false;
  error: { code: string; message: string; details?: Detail[]; requestId: string };
}

/** How many redirects a read follows. */
const MAX_HOPS = 5;

/** The longest time that a timer can have. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The tags of the things that came with one. A copy of a thing has none. */
const tags = new WeakMap<object, string>();

/** Sends calls as one caller, again where the policy says so, and reads the answers. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Sends a call, and returns what the envelope of its answer holds. */
  async envelope<E>(call: Call): Promise<E> {
    const { body } = await this.#send(call);
    return body as E;
  }

  /** Sends a call that is answered with data. */
  async data<T>(call: Call): Promise<T> {
    return (await this.envelope<{ data: T }>(call)).data;
  }

  /** Sends a call that is answered with a thing, whose tag is kept for changes. */
  async thing<T extends object>(call: Call): Promise<T> {
    const { body, tag } = await this.#send(call);
    const thing = body.data as T;
    if (tag !== null) {
      // A proxy that compresses makes tags weak. The server compares versions, not bytes.
      tags.set(thing, tag.replace(/^W\//, ""));
    }
    return thing;
  }

  /** Changes a thing: one that was read only if it is still as it was, one by its id as it may be. */
  async change<T extends object>(collection: string, target: IdOr<{ id: string }>, call: Change): Promise<T> {
    return this.thing<T>(await this.conditional(collection, target, call));
  }

  /** The call that changes a thing, with the condition that follows from how the thing is named. */
  async conditional(collection: string, target: IdOr<{ id: string }>, call: Change): Promise<Call> {
    const { action, ...rest } = call;
    const path = `${collection}/${segment(typeof target === "string" ? target : target.id)}`;
    const ifMatch = typeof target === "string" ? undefined : await this.#tagOf(path, target, call.signal);
    return { ...rest, path: action === undefined ? path : `${path}/${action}`, ifMatch };
  }

  /** The tag of a thing. One that came without (from a list, or copied) must be what a new read shows. */
  async #tagOf(path: string, thing: object, signal: AbortSignal | undefined): Promise<string> {
    const known = tags.get(thing);
    if (known !== undefined) {
      return known;
    }
    const { updatedAt } = thing as { updatedAt?: string };
    if (updatedAt === undefined) {
      throw new TypeError("A thing without `updatedAt` says not which state of it was seen: pass its id instead");
    }
    const present = await this.thing<{ updatedAt?: string }>({ method: "GET", path, signal });
    const tag = tags.get(present);
    if (tag === undefined || present.updatedAt !== updatedAt) {
      const message = "The resource has changed since it was read";
      throw new HexpressError({ status: 412, code: "PRECONDITION_FAILED", message });
    }
    return tag;
  }

  async #send(call: Call): Promise<{ body: Success; tag: string | null }> {
    const { retry, timeoutMs } = this.#options;
    const isRepeatable = call.method === "GET" || call.idempotencyKey !== undefined;
    const begin = performance.now();
    for (let attempts = 1; ; attempts += 1) {
      const left = retry.maxTotalMs - (performance.now() - begin);
      try {
        return await this.#attempt(call, isRepeatable ? Math.min(timeoutMs, left) : timeoutMs);
      } catch (error) {
        if (!(error instanceof HexpressError)) {
          throw error;
        }
        // What was refused by a rate limit has had no effect.
        const mayRepeat = isRepeatable || error.status === 429;
        const wait = mayRepeat ? pause(retry, error, attempts, performance.now() - begin) : undefined;
        if (wait === undefined) {
          throw error;
        }
        await sleep(wait, call.signal);
      }
    }
  }

  async #attempt(call: Call, limitMs: number): Promise<{ body: Success; tag: string | null }> {
    const { baseUrl } = this.#options;
    const { signal } = call;
    signal?.throwIfAborted();
    const request = this.#request(call);
    const timeout = new AbortController();
    const end = () => timeout.abort(signal?.reason);
    const timer = setTimeout(
      () => timeout.abort(new DOMException(`No answer within ${Math.round(limitMs)} ms`, "TimeoutError")),
      Math.min(limitMs, MAX_TIMER_MS),
    );
    signal?.addEventListener("abort", end);
    let response: Response;
    let text: string;
    try {
      const url = `${baseUrl}/api/${call.path}${queryString(call.query)}`;
      response = await this.#fetch(url, { ...request, signal: timeout.signal });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new HexpressError({ status: 0, code: "NO_ANSWER", message: `No answer: ${said}`, cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
    return { body: read(response, text, baseUrl), tag: response.headers.get("ETag") };
  }

  /** Sends a request. A read follows redirects within the origin: a former slug leads to the present one. */
  async #fetch(url: string, request: RequestInit): Promise<Response> {
    const { fetch } = this.#options;
    for (let hops = 0; ; hops += 1) {
      const response = await fetch(url, request);
      if (request.method !== "GET") {
        return response;
      }
      // Browsers hide where it leads. They leave the token out elsewhere.
      if (response.type === "opaqueredirect") {
        return fetch(url, { ...request, redirect: "follow" });
      }
      const location = response.headers.get("Location");
      if (response.status < 300 || response.status >= 400 || location === null || hops === MAX_HOPS) {
        return response;
      }
      const next = new URL(location, url);
      if (next.origin !== new URL(url).origin) {
        return response;
      }
      await response.body?.cancel();
      url = next.href;
    }
  }

  #request(call: Call): RequestInit {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (this.#options.token !== undefined) {
      headers["Authorization"] = `Bearer ${this.#options.token}`;
    }
    if (call.body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    if (call.ifMatch !== undefined) {
      headers["If-Match"] = call.ifMatch;
    }
    if (call.idempotencyKey !== undefined) {
      headers["Idempotency-Key"] = call.idempotencyKey;
    }
    return {
      method: call.method,
      headers,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      credentials: "omit",
      redirect: "manual",
    };
  }
}

/** A call that changes one thing of a collection. */
export interface Change extends Omit<Call, "path" | "ifMatch"> {
  /** Behind the id. */
  action?: string;
}

/** The answer's envelope, if the API has made it and it tells of success: a status alone may be a proxy's. */
function read(response: Response, text: string, baseUrl: string): Success {
  const { status } = response;
  const after = retryAfter(response.headers);
  const unexpected = (message: string, cause?: unknown) =>
    new HexpressError({ status, code: "UNEXPECTED_ANSWER", message, retryAfter: after, cause });
  const hasMoved = response.url !== "" && new URL(response.url).origin !== new URL(baseUrl).origin;
  if (hasMoved || response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    throw unexpected("The answer is a redirect, and only a read is sent on, within the same origin");
  }
  let body: Success | Failure | null;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw unexpected(`The answer with status ${status} is not JSON: is there a proxy or another server?`, cause);
  }
  if (body?.success === true && response.ok) {
    return body;
  }
  if (body?.success === false && typeof body.error?.code === "string") {
    throw new HexpressError({ status, ...body.error, retryAfter: after });
  }
  throw unexpected(`The answer with status ${status} is not one of the API`);
}

/** A part of a path. Browsers resolve dots, and an empty part leads to the whole collection. */
export function segment(value: string): string {
  if (typeof value !== "string" || ["", ".", ".."].includes(value)) {
    throw new TypeError(`${JSON.stringify(value)} is no id or slug`);
  }
  return encodeURIComponent(value);
}

function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      parameters.set(name, String(value));
    }
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
