CREATE TABLE products (
    id uuid NOT NULL CONSTRAINT products_pkey PRIMARY KEY,
    name text COLLATE "C" NOT NULL
        CONSTRAINT products_name_check CHECK (length(name) BETWEEN 1 AND 200),
    description text COLLATE "C" NOT NULL
        CONSTRAINT products_description_check CHECK (length(description) <= 5000),
    price_cents bigint NOT NULL
        CONSTRAINT products_price_cents_check CHECK (price_cents BETWEEN 0 AND 1000000000),
    currency text COLLATE "C" NOT NULL
        CONSTRAINT products_currency_check
            CHECK (length(currency) = 3 AND currency = upper(currency)),
    -- No upper bound: an order that is cancelled can always give back.
    stock bigint NOT NULL CONSTRAINT products_stock_check CHECK (stock >= 0),
    is_active boolean NOT NULL,
    -- Name and description, folded by the program: what searches look at.
    search_text text COLLATE "C" NOT NULL,
    version bigint NOT NULL CONSTRAINT products_version_check CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);

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

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX products_search_text_idx ON products USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
