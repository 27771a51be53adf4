import { List } from "./list.js";
import { type CallOptions, type IdOr, segment, type Transport } from "./transport.js";
import type { NewOrder, Order, OrderQuery } from "./types.js";

/** Orders. Where one is passed in place of its id, it must not have changed since: `PRECONDITION_FAILED` else. */
export class Orders {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Places an order, once however often it is sent: each call makes a key of its own. Pass one to go on with a call
   * that failed, after a restart too. `INSUFFICIENT_STOCK` names what there is not enough of.
   */
  create(order: NewOrder, options: CallOptions & { idempotencyKey?: string } = {}): Promise<Order> {
    const { idempotencyKey = makeKey(), ...rest } = options;
    if (!KEY.test(idempotencyKey)) {
      throw new TypeError("An idempotency key has 1 to 255 visible ASCII characters");
    }
    return this.#transport.thing({ method: "POST", path: "orders", body: order, idempotencyKey, ...rest });
  }

  /** One order. */
  get(id: string, options: CallOptions = {}): Promise<Order> {
    return this.#transport.thing({ method: "GET", path: `orders/${segment(id)}`, ...options });
  }

  /** The caller's orders; for admins everybody's. */
  list(query: OrderQuery = {}, options: CallOptions = {}): List<Order> {
    return new List(this.#transport, "orders", query, options);
  }

  /** Cancels an order; what it took goes back into stock. */
  cancel(idOrOrder: IdOr<Order>, options: CallOptions = {}): Promise<Order> {
    return this.#transport.change("orders", idOrOrder, { method: "POST", action: "cancel", ...options });
  }

  /** Marks an order as paid. For admins. */
  pay(idOrOrder: IdOr<Order>, options: CallOptions = {}): Promise<Order> {
    return this.#transport.change("orders", idOrOrder, { method: "POST", action: "pay", ...options });
  }

  /** Marks a paid order as fulfilled. For admins. */
  fulfil(idOrOrder: IdOr<Order>, options: CallOptions = {}): Promise<Order> {
    return this.#transport.change("orders", idOrOrder, { method: "POST", action: "fulfil", ...options });
  }
}

/** What the API takes for a key. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** 128 random bits. `crypto.randomUUID` is only there where a page came by https. */
function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
