-- Instants are microseconds since 1970; `…_type_check` says what a type says on PostgreSQL.
CREATE TABLE products (
    id BLOB NOT NULL CONSTRAINT products_pkey PRIMARY KEY
        CONSTRAINT products_id_type_check CHECK (length(id) = 16),
    name TEXT NOT NULL
        CONSTRAINT products_name_check CHECK (length(name) BETWEEN 1 AND 200),
    description TEXT NOT NULL
        CONSTRAINT products_description_check CHECK (length(description) <= 5000),
    price_cents INTEGER NOT NULL
        CONSTRAINT products_price_cents_check CHECK (price_cents BETWEEN 0 AND 1000000000),
    currency TEXT NOT NULL
        CONSTRAINT products_currency_check
            CHECK (length(currency) = 3 AND currency = upper(currency)),
    -- No upper bound: an order that is cancelled can always give back.
    stock INTEGER NOT NULL CONSTRAINT products_stock_check CHECK (stock >= 0),
    is_active INTEGER NOT NULL
        CONSTRAINT products_is_active_type_check CHECK (is_active IN (0, 1)),
    -- Name and description, folded by the program: what searches look at.
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT products_version_check CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

-- One for each order of the list.
CREATE INDEX products_created_at_idx ON products (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX products_name_idx ON products (name, id) WHERE deleted_at IS NULL;
CREATE INDEX products_price_cents_idx ON products (price_cents, id) WHERE deleted_at IS NULL;
CREATE INDEX products_stock_idx ON products (stock, id) WHERE deleted_at IS NULL;

-- The same for what is, or is not, for sale: the catalogue.
CREATE INDEX products_is_active_created_at_idx ON products (is_active, created_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX products_is_active_name_idx ON products (is_active, name, id)
    WHERE deleted_at IS NULL;
CREATE INDEX products_is_active_price_cents_idx ON products (is_active, price_cents, id)
    WHERE deleted_at IS NULL;
CREATE INDEX products_is_active_stock_idx ON products (is_active, stock, id)
    WHERE deleted_at IS NULL;

-- As for users: the index keeps no copy of the text, nor where in it a trigram stands.
CREATE VIRTUAL TABLE products_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

-- As for users: numbers that stay, by which FTS5 knows the rows.
CREATE TABLE products_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER products_search_insert AFTER INSERT ON products BEGIN
    INSERT INTO products_search_rows (row_id) VALUES (new.id);
    INSERT INTO products_search (rowid, search_text)
        SELECT number, new.search_text FROM products_search_rows WHERE row_id = new.id;
END;

CREATE TRIGGER products_search_update AFTER UPDATE OF search_text ON products
WHEN old.search_text <> new.search_text BEGIN
    UPDATE products_search SET search_text = new.search_text
        WHERE rowid = (SELECT number FROM products_search_rows WHERE row_id = new.id);
END;

CREATE TRIGGER products_search_delete AFTER DELETE ON products BEGIN
    DELETE FROM products_search
        WHERE rowid = (SELECT number FROM products_search_rows WHERE row_id = old.id);
    DELETE FROM products_search_rows WHERE row_id = old.id;
END;
