import { List } from "./list.js";
import { type CallOptions, type IdOr, segment, type Transport } from "./transport.js";
import type { NewProduct, Product, ProductChange, ProductQuery } from "./types.js";

/** Products. Where one is passed in place of its id, it must not have changed since: `PRECONDITION_FAILED` else. */
export class Products {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Adds a product. For admins, as all changes of products are. */
  create(product: NewProduct, options: CallOptions = {}): Promise<Product> {
    return this.#transport.thing({ method: "POST", path: "products", body: product, ...options });
  }

  /** One product. */
  get(id: string, options: CallOptions = {}): Promise<Product> {
    return this.#transport.thing({ method: "GET", path: `products/${segment(id)}`, ...options });
  }

  /** The products that are for sale, and for admins the others, too. */
  list(query: ProductQuery = {}, options: CallOptions = {}): List<Product> {
    return new List(this.#transport, "products", query, options);
  }

  /** Changes a product. `INSUFFICIENT_STOCK` where `stockDelta` takes more than there is. */
  update(idOrProduct: IdOr<Product>, change: ProductChange, options: CallOptions = {}): Promise<Product> {
    return this.#transport.change("products", idOrProduct, { method: "PATCH", body: change, ...options });
  }

  /** Deletes a product. */
  async delete(idOrProduct: IdOr<Product>, options: CallOptions = {}): Promise<void> {
    const call = await this.#transport.conditional("products", idOrProduct, { method: "DELETE", ...options });
    await this.#transport.envelope(call);
  }
}
