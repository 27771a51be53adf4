CREATE TABLE orders (
    id BLOB NOT NULL CONSTRAINT orders_pkey PRIMARY KEY
        CONSTRAINT orders_id_type_check CHECK (length(id) = 16),
    -- Deleted users keep their orders.
    user_id BLOB NOT NULL CONSTRAINT orders_user_id_fkey REFERENCES users (id),
    status TEXT NOT NULL
        CONSTRAINT orders_status_check
            CHECK (status IN ('pending', 'paid', 'fulfilled', 'cancelled')),
    -- At most 2^53 - 1, which every reader of JSON holds exactly.
    total_cents INTEGER NOT NULL
        CONSTRAINT orders_total_cents_check CHECK (total_cents BETWEEN 0 AND 9007199254740991),
    currency TEXT NOT NULL
        CONSTRAINT orders_currency_check
            CHECK (length(currency) = 3 AND currency = upper(currency)),
    version INTEGER NOT NULL CONSTRAINT orders_version_check CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- One for each order of the list: of all, of one user, of one status.
CREATE INDEX orders_created_at_idx ON orders (created_at, id);
CREATE INDEX orders_updated_at_idx ON orders (updated_at, id);
CREATE INDEX orders_total_cents_idx ON orders (total_cents, id);
CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at, id);
CREATE INDEX orders_user_id_updated_at_idx ON orders (user_id, updated_at, id);
CREATE INDEX orders_user_id_total_cents_idx ON orders (user_id, total_cents, id);
CREATE INDEX orders_status_created_at_idx ON orders (status, created_at, id);
CREATE INDEX orders_status_updated_at_idx ON orders (status, updated_at, id);
CREATE INDEX orders_status_total_cents_idx ON orders (status, total_cents, id);

-- What is ordered, with name and price as they were then.
CREATE TABLE order_items (
    order_id BLOB NOT NULL CONSTRAINT order_items_order_id_fkey REFERENCES orders (id),
    -- The place in the order, from 0.
    position INTEGER NOT NULL
        CONSTRAINT order_items_position_check CHECK (position BETWEEN 0 AND 99),
    product_id BLOB NOT NULL CONSTRAINT order_items_product_id_fkey REFERENCES products (id),
    name TEXT NOT NULL
        CONSTRAINT order_items_name_check CHECK (length(name) BETWEEN 1 AND 200),
    quantity INTEGER NOT NULL
        CONSTRAINT order_items_quantity_check CHECK (quantity BETWEEN 1 AND 1000000),
    unit_price_cents INTEGER NOT NULL
        CONSTRAINT order_items_unit_price_cents_check
            CHECK (unit_price_cents BETWEEN 0 AND 1000000000),
    CONSTRAINT order_items_pkey PRIMARY KEY (order_id, position),
    CONSTRAINT order_items_product_key UNIQUE (order_id, product_id)
) STRICT;

CREATE INDEX order_items_product_id_idx ON order_items (product_id);
