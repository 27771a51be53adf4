DROP INDEX stock_movements_order_key;
CREATE UNIQUE INDEX stock_movements_order_key ON stock_movements (order_id, product_id, cause)
    WHERE order_id IS NOT NULL;

DROP INDEX idempotency_keys_order_id_idx;
DROP INDEX posts_author_id_idx;
DROP INDEX kept_slugs_post_id_idx;
