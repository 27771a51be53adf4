import type { components } from "./schema.js";
import type { CallOptions, Query, Transport } from "./transport.js";

/** A page of a list. */
export interface Page<T> {
  /** The things on it. */
  data: T[];
  /** Where it stands in its list. `nextCursor` continues behind it. */
  pagination: components["schemas"]["Pagination"];
}

/** The largest page. */
const MAX_LIMIT = 100;

/**
 * A list: iterate over it for all its things, page by page as they are needed, or ask for one page.
 * Nothing is sent before. Whatever is added or removed meanwhile, no other thing is repeated or skipped whose
 * place in the order stays.
 */
export class List<T> implements AsyncIterable<T> {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #query: Query;
  readonly #options: CallOptions;

  /** @internal */
  constructor(transport: Transport, path: string, query: Query, options: CallOptions) {
    this.#transport = transport;
    this.#path = path;
    this.#query = query;
    this.#options = options;
  }

  /** The page that the query names by `page` or `cursor`; the first one otherwise. */
  async page(): Promise<Page<T>> {
    return this.#page(this.#query);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    // With contents, pages are smaller: the server's default then.
    const limit = this.#query["include"] === undefined ? MAX_LIMIT : undefined;
    let query: Query = { count: "none", limit, ...this.#query };
    for (;;) {
      const { data, pagination } = await this.#page(query);
      yield* data;
      if (pagination.nextCursor === null) {
        return;
      }
      query = { ...query, page: undefined, cursor: pagination.nextCursor };
    }
  }

  async #page(query: Query): Promise<Page<T>> {
    const { data, pagination } = await this.#transport.envelope<Page<T>>({
      method: "GET",
      path: this.#path,
      query,
      ...this.#options,
    });
    return { data, pagination };
  }
}
