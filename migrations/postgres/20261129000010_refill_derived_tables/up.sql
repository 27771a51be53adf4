-- Earlier versions of `post_views` and `stock_movements` left what was written before a step down
-- out when they came up again. Nothing else leaves a post without its row, or the sum of a ledger
-- that is not the stock.

-- The posts are found by indexes alone.
INSERT INTO post_views (post_id, author_id, status, is_live, count)
SELECT id, author_id, status, deleted_at IS NULL, 0 FROM posts
WHERE id IN (SELECT id FROM posts AS lost
    WHERE NOT EXISTS (SELECT 1 FROM post_views WHERE post_id = lost.id));

-- What orders took and gave back, and at the creation all that has come besides. Movements since
-- the loss are there.
WITH sums AS (
    SELECT product_id, CAST(sum(delta) AS bigint) AS pieces
    FROM stock_movements GROUP BY product_id
), damaged AS (
    SELECT id, created_at, stock - coalesce(pieces, 0) AS pieces
    FROM products LEFT JOIN sums ON product_id = id
    WHERE stock <> coalesce(pieces, 0) OR EXISTS (
        SELECT 1 FROM order_items AS item WHERE item.product_id = products.id AND NOT EXISTS (
            SELECT 1 FROM stock_movements AS kept WHERE kept.order_id = item.order_id
                AND kept.product_id = item.product_id AND kept.cause = 'ordered'))
), of_orders AS (
    SELECT product_id, -quantity AS delta, 'ordered' AS cause, order_id, orders.created_at
    FROM damaged JOIN order_items ON product_id = damaged.id JOIN orders ON orders.id = order_id
    UNION ALL
    SELECT product_id, quantity, 'cancelled', order_id, orders.updated_at
    FROM damaged JOIN order_items ON product_id = damaged.id JOIN orders ON orders.id = order_id
    WHERE orders.status = 'cancelled'
), lost AS (
    SELECT * FROM of_orders WHERE NOT EXISTS (
        SELECT 1 FROM stock_movements AS kept WHERE kept.order_id = of_orders.order_id
            AND kept.product_id = of_orders.product_id AND kept.cause = of_orders.cause)
), begun AS (
    SELECT id, created_at, pieces - coalesce(
        (SELECT CAST(sum(delta) AS bigint) FROM lost WHERE product_id = damaged.id), 0) AS pieces
    FROM damaged
)
INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
SELECT id, pieces, CASE WHEN pieces > 0 THEN 'created' ELSE 'adjusted' END, NULL, created_at
FROM begun WHERE pieces <> 0
UNION ALL SELECT product_id, delta, cause, order_id, created_at FROM lost;
