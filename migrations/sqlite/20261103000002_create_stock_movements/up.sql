-- The ledger of stock: the stock of a product is the sum of its rows here, at any moment.
CREATE TABLE stock_movements (
    id INTEGER NOT NULL CONSTRAINT stock_movements_pkey PRIMARY KEY,
    product_id BLOB NOT NULL CONSTRAINT stock_movements_product_id_fkey REFERENCES products (id),
    delta INTEGER NOT NULL,
    cause TEXT NOT NULL
        CONSTRAINT stock_movements_cause_check
            CHECK (cause IN ('created', 'adjusted', 'ordered', 'cancelled')),
    order_id BLOB CONSTRAINT stock_movements_order_id_fkey REFERENCES orders (id),
    created_at INTEGER NOT NULL,
    CONSTRAINT stock_movements_order_check
        CHECK ((cause IN ('ordered', 'cancelled')) = (order_id IS NOT NULL)),
    CONSTRAINT stock_movements_delta_check
        CHECK (CASE cause WHEN 'adjusted' THEN delta <> 0 WHEN 'ordered' THEN delta < 0 ELSE delta > 0 END)
) STRICT;

CREATE INDEX stock_movements_product_id_idx ON stock_movements (product_id);

-- An order takes each product once, and gives it back once.
CREATE UNIQUE INDEX stock_movements_order_key ON stock_movements (order_id, product_id, cause)
    WHERE order_id IS NOT NULL;

-- What moved before, as after a step down: what orders took and gave back, and at the creation
-- all that has come besides.
INSERT INTO stock_movements (product_id, delta, cause, created_at)
SELECT id, pieces, 'created', created_at FROM (
    SELECT products.id, products.created_at, products.stock + coalesce(
        (SELECT CAST(sum(quantity) AS bigint) FROM order_items
            JOIN orders ON orders.id = order_items.order_id
            WHERE order_items.product_id = products.id AND orders.status <> 'cancelled'),
        0) AS pieces
    FROM products
) AS begun WHERE pieces > 0;
INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
SELECT product_id, -quantity, 'ordered', order_id, created_at
FROM order_items JOIN orders ON orders.id = order_items.order_id;
INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
SELECT product_id, quantity, 'cancelled', order_id, updated_at
FROM order_items JOIN orders ON orders.id = order_items.order_id
WHERE orders.status = 'cancelled';
