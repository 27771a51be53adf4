import { segment, type CallOptions, type Transport } from "./transport.js";
import type { Credentials, NewToken, Session, Token, TokenRequest, User } from "./types.js";

/** Logins and tokens. */
export class Auth {
  /** Tokens for programs, which only the session of a login may see, make and revoke. */
  readonly tokens: Tokens;
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.tokens = new Tokens(transport);
  }

  /** Begins a session. Its `token` is for `withToken`. `INVALID_CREDENTIALS` where email or password is wrong. */
  logIn(credentials: Credentials, options: CallOptions = {}): Promise<Session> {
    return this.#transport.data({ method: "POST", path: "auth/login", body: credentials, ...options });
  }

  /** Who calls. */
  me(options: CallOptions = {}): Promise<User> {
    return this.#transport.thing({ method: "GET", path: "auth/me", ...options });
  }

  /** Revokes the token in use. */
  async logOut(options: CallOptions = {}): Promise<void> {
    await this.#transport.envelope({ method: "POST", path: "auth/logout", ...options });
  }
}

/** See {@link Auth.tokens}. */
export class Tokens {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The caller's own, newest first, without their secrets. */
  list(options: CallOptions = {}): Promise<Token[]> {
    return this.#transport.data({ method: "GET", path: "auth/tokens", ...options });
  }

  /** Makes one, whose secret is shown this once. */
  create(token: TokenRequest, options: CallOptions = {}): Promise<NewToken> {
    return this.#transport.data({ method: "POST", path: "auth/tokens", body: token, ...options });
  }

  /** Revokes one of the caller's own. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.envelope({ method: "DELETE", path: `auth/tokens/${segment(id)}`, ...options });
  }
}
