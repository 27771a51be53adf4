import { List } from "./list.js";
import { type CallOptions, type IdOr, segment, type Transport } from "./transport.js";
import type { MonthlyPosts, Profile, SignUp, StatusCount, User, UserChange, UserQuery } from "./types.js";

/** Accounts. Where one is passed in place of its id, it must not have changed since: `PRECONDITION_FAILED` else. */
export class Users {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Signs somebody up. `DUPLICATE_ERROR` where the email is taken. */
  signUp(user: SignUp, options: CallOptions = {}): Promise<User> {
    return this.#transport.thing({ method: "POST", path: "users", body: user, ...options });
  }

  /** A user, as the caller may see them. */
  get(id: string, options: CallOptions = {}): Promise<Profile> {
    return this.#transport.thing({ method: "GET", path: `users/${segment(id)}`, ...options });
  }

  /** Users. For moderators and admins. */
  list(query: UserQuery = {}, options: CallOptions = {}): List<User> {
    return new List(this.#transport, "users", query, options);
  }

  /** Changes a user. */
  update(idOrUser: IdOr<User>, change: UserChange, options: CallOptions = {}): Promise<User> {
    return this.#transport.change("users", idOrUser, { method: "PATCH", body: change, ...options });
  }

  /** Deletes a user, with the user's posts and tokens. */
  async delete(idOrUser: IdOr<User>, options: CallOptions = {}): Promise<void> {
    const call = await this.#transport.conditional("users", idOrUser, { method: "DELETE", ...options });
    await this.#transport.envelope(call);
  }

  /** Undoes a deletion. For admins. */
  restore(id: string, options: CallOptions = {}): Promise<User> {
    return this.#transport.change("users", id, { method: "POST", action: "restore", ...options });
  }

  /** How many posts of each status the user has. */
  stats(id: string, options: CallOptions = {}): Promise<StatusCount[]> {
    return this.#transport.data({ method: "GET", path: `users/${segment(id)}/stats`, ...options });
  }

  /** The user's published posts by month, the newest first. */
  analytics(id: string, options: CallOptions = {}): Promise<MonthlyPosts[]> {
    return this.#transport.data({ method: "GET", path: `users/${segment(id)}/analytics`, ...options });
  }
}
