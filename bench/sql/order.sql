-- The least that an order of one piece can be: the conditional update, and what has to be stored with it.
BEGIN;
UPDATE products SET stock = stock - 1 WHERE id = :product AND stock >= 1;
WITH made AS (
    SELECT clock_timestamp() AS now,
        (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(random()::text || :client_id), 1, 19))::uuid AS id
), placed AS (
    INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at, updated_at)
    SELECT id, :author, 'pending', 250, 'EUR', 1, now, now FROM made
), listed AS (
    INSERT INTO order_items (order_id, position, product_id, name, quantity, unit_price_cents)
    SELECT id, 0, :product, 'Engine', 1, 250 FROM made
)
INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
SELECT :product, -1, 'ordered', id, now FROM made;
COMMIT;
