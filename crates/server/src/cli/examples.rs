//! What the help texts end with.

/// What `hexpress --help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  hexpress                                  serve, on an SQLite file that is made if missing
  hexpress --port 8080 --log-level debug    serve elsewhere, and say more
  hexpress user create --email you@example.org --first-name Ada --last-name Lovelace --role admin
  DATABASE_URL=postgres://user@host/name hexpress migrate up
  hexpress config                           see what is set, and by whom

Exit codes:
  0  done; for a server, an orderly stop
  1  a failure: the database out of reach, a port in use, migrations pending
  2  bad usage or configuration
  3  `hexpress migrate status`: migrations are pending";

/// What `hexpress migrate --help` ends with.
pub const MIGRATE_EXAMPLES: &str = "\
Examples:
  hexpress migrate status --json
  hexpress migrate up --database-url postgres://user@host/name
  hexpress migrate down          the latest only
  hexpress migrate generate add_user_phone";

/// What `hexpress user --help` ends with.
pub const USER_EXAMPLES: &str = "\
Examples:
  hexpress user create --email you@example.org --first-name Ada --last-name Lovelace --role admin
  pass show hexpress | hexpress user set-password --email you@example.org --password-stdin
  hexpress user deactivate --email them@example.org";

/// What `hexpress completions --help` ends with.
pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  bash  hexpress completions bash > ~/.local/share/bash-completion/completions/hexpress
  zsh   hexpress completions zsh > \"${fpath[1]}/_hexpress\"
  fish  hexpress completions fish > ~/.config/fish/completions/hexpress.fish";

/// What `hexpress seed --help` ends with.
pub const SEED_EXAMPLES: &str = "\
Examples:
  hexpress seed
  hexpress seed --users 1000 --posts 100000
  hexpress seed --products 500 --orders 20000
  hexpress seed --rng-seed 2            other data, beside what is there";

/// What `hexpress db copy --help` ends with.
pub const COPY_EXAMPLES: &str = "\
Examples:
  hexpress db copy --from sqlite://data/hexpress.db --to postgres://hexpress@localhost/hexpress
  hexpress db copy --from \"$DATABASE_URL\" --to sqlite://copy.db";

/// What `hexpress purge --help` ends with.
pub const PURGE_EXAMPLES: &str = "\
Examples:
  hexpress purge --deleted-before 2026-01-01 --dry-run
  hexpress purge --deleted-before 2026-01-01T00:00:00Z --yes";
