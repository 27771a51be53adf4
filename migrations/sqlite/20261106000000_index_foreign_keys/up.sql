-- Whoever removes a row looks for those that refer to it: by an index of all of them, since one
-- of some cannot say that there is no other.
CREATE INDEX kept_slugs_post_id_idx ON kept_slugs (post_id);
CREATE INDEX posts_author_id_idx ON posts (author_id);
CREATE INDEX idempotency_keys_order_id_idx ON idempotency_keys (order_id);

-- NULL is never the same as another: the condition that this index had was needless.
DROP INDEX stock_movements_order_key;
CREATE UNIQUE INDEX stock_movements_order_key ON stock_movements (order_id, product_id, cause);
