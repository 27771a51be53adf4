-- Right before this the program folds the texts of all searches anew, by its present rules, for
-- which SQL has no words: crates/infra/src/schema/refold.rs.

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX post_texts_search_text_idx ON post_texts
            USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
