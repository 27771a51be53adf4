import { List } from "./list.js";
import { type CallOptions, type IdOr, segment, type Transport } from "./transport.js";
import type { NewPost, Post, PostChange, PostQuery } from "./types.js";

/** Posts. Where one is passed in place of its id, it must not have changed since: `PRECONDITION_FAILED` else. */
export class Posts {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Writes a post, as its author. */
  create(post: NewPost, options: CallOptions = {}): Promise<Post> {
    return this.#transport.thing({ method: "POST", path: "posts", body: post, ...options });
  }

  /** One post. `NOT_FOUND` where there is none that the caller may see. */
  get(id: string, options: CallOptions = {}): Promise<Post> {
    return this.#transport.thing({ method: "GET", path: `posts/${segment(id)}`, ...options });
  }

  /** The post that has this slug, or had it and has another one now. */
  getBySlug(slug: string, options: CallOptions = {}): Promise<Post> {
    return this.#transport.thing({ method: "GET", path: `posts/slug/${segment(slug)}`, ...options });
  }

  /** The posts that the caller may see. */
  list(query: PostQuery = {}, options: CallOptions = {}): List<Post> {
    return new List(this.#transport, "posts", query, options);
  }

  /** Changes a post. */
  update(idOrPost: IdOr<Post>, change: PostChange, options: CallOptions = {}): Promise<Post> {
    return this.#transport.change("posts", idOrPost, { method: "PATCH", body: change, ...options });
  }

  /** Publishes a draft. `INVALID_STATE` where it is none. */
  publish(idOrPost: IdOr<Post>, options: CallOptions = {}): Promise<Post> {
    return this.#transport.change("posts", idOrPost, { method: "POST", action: "publish", ...options });
  }

  /** Deletes a post. */
  async delete(idOrPost: IdOr<Post>, options: CallOptions = {}): Promise<void> {
    const call = await this.#transport.conditional("posts", idOrPost, { method: "DELETE", ...options });
    await this.#transport.envelope(call);
  }

  /** Undoes a deletion. For admins. */
  restore(id: string, options: CallOptions = {}): Promise<Post> {
    return this.#transport.change("posts", id, { method: "POST", action: "restore", ...options });
  }
}
