//! What a database of the last release may hold, in SQL of that time.

use sha2::{Digest, Sha256};

use crate::support::{Kind, email};

/// Of the password that all have.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$ckMo3XtvbBI/EFdhysxtYQ$U+JIYCM0UfppT0eCUjO8y1HRGVc/bsxfLaFaqhBT9FU";

pub const SESSION: &str = "hxp_0000000000000000000000000000000000000000000";
pub const API_TOKEN: &str = "hxp_1111111111111111111111111111111111111111111";

pub const METADATA: &str = r#"{"z":1.10,"a":[null,{"é":"'"}]}"#;

pub fn content() -> String {
    format!(
        "It's\n\t{}\u{1f980} 末",
        "Quetzalcoatlus Northropi ".repeat(2_000)
    )
}

/// Rows for every table but the one that says that a copy is unfinished.
pub fn insert(kind: Kind) -> String {
    let sql = Sql(kind);
    users(sql) + &posts(sql) + &shop(sql)
}

/// How a kind of database has values in SQL.
#[derive(Clone, Copy)]
struct Sql(Kind);

impl Sql {
    fn id(self, number: u8) -> String {
        match self.0 {
            Kind::Sqlite => format!("x'{number:032}'"),
            Kind::Postgres => format!("'{number:032}'"),
        }
    }

    fn digest(self, of: &str) -> String {
        let bytes = Sha256::digest(of);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.0 {
            Kind::Sqlite => format!("x'{digits}'"),
            Kind::Postgres => format!(r"'\x{digits}'"),
        }
    }

    /// Some time of January 2026.
    fn day(self, day: u8) -> String {
        match self.0 {
            Kind::Sqlite => format!("((unixepoch('2026-01-{day:02}') * 1000 + 123) * 1000)"),
            Kind::Postgres => format!("'2026-01-{day:02}T00:00:00.123Z'"),
        }
    }

    fn far_off(self) -> &'static str {
        match self.0 {
            Kind::Sqlite => "(unixepoch('2099-01-01') * 1000000)",
            Kind::Postgres => "'2099-01-01Z'",
        }
    }
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As programs of that time folded what can be searched.
fn folded(fields: &[&str]) -> String {
    text(&fields.join("\u{1f}").to_lowercase())
}

/// Ada and an admin; somebody deleted, somebody who was purged, somebody who was shut out.
fn users(sql: Sql) -> String {
    let deleted = sql.day(9);
    let mut all = String::new();
    for (number, email, hash, names, role, is_active, deleted_at) in [
        (
            1,
            email("ada"),
            PASSWORD_HASH,
            ["Ada", "Lovelace"],
            "user",
            true,
            "NULL",
        ),
        (
            2,
            email("root"),
            PASSWORD_HASH,
            ["Root", ""],
            "admin",
            true,
            "NULL",
        ),
        (
            3,
            email("grace"),
            PASSWORD_HASH,
            ["Grace", "O'Hopper"],
            "user",
            true,
            &*deleted,
        ),
        (
            4,
            "deleted@deleted.invalid".into(),
            "!",
            ["Deleted", "user"],
            "user",
            false,
            &deleted,
        ),
        (
            5,
            email("zoe"),
            PASSWORD_HASH,
            ["Zoë", "Ünïcode"],
            "moderator",
            false,
            "NULL",
        ),
    ] {
        let (id, created, updated) = (sql.id(number), sql.day(number), sql.day(number + 1));
        let [first, last] = names.map(text);
        let search_text = folded(&[&email, names[0], names[1]]);
        all += &format!(
            "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active,
                 last_login_at, search_text, version, created_at, updated_at, deleted_at)
             VALUES ({id}, '{email}', '{hash}', {first}, {last}, '{role}', {is_active}, {updated},
                 {search_text}, {number}, {created}, {updated}, {deleted_at});"
        );
    }
    for (number, user, kind, name, token, expires_at) in [
        (41, 1, "session", "NULL", SESSION, sql.far_off()),
        (42, 2, "api", "'Deploy'", API_TOKEN, "NULL"),
        (43, 1, "session", "NULL", "expired", &sql.day(2)),
    ] {
        let (id, user, digest, day) = (
            sql.id(number),
            sql.id(user),
            sql.digest(token),
            sql.day(number - 40),
        );
        all += &format!(
            "INSERT INTO tokens (id, user_id, kind, name, digest, created_at, last_used_at, expires_at)
             VALUES ({id}, {user}, '{kind}', {name}, {digest}, {day}, {day}, {expires_at});
             INSERT INTO login_counters (key, count, window_ends_at)
             VALUES ({digest}, {number}, {day});
             INSERT INTO view_batches (id, made_at) VALUES ({id}, {day});"
        );
    }
    all
}

/// A renamed one, a draft, one that was deleted under the name that the first has now, one that was
/// deleted with its author, and one that has taken the name of that.
fn posts(sql: Sql) -> String {
    let deleted = sql.day(9);
    let content = content();
    let mut all = String::new();
    for (number, author, slug, status, deleted_at, with_author) in [
        (11, 1, "new-name", "published", "NULL", false),
        (12, 1, "a-draft", "draft", "NULL", false),
        (13, 1, "new-name", "archived", &*deleted, false),
        (14, 3, "of-grace", "published", &deleted, true),
        (15, 2, "of-grace", "published", "NULL", false),
    ] {
        let (id, author, created) = (sql.id(number), sql.id(author), sql.day(number));
        let title = format!("Title {number}");
        let content = match number {
            11 => content.clone(),
            _ => format!("Content of {slug}"),
        };
        let search_text = folded(&[&title, &content]);
        let (content, metadata) = (text(&content), text(METADATA));
        let published_at = match status {
            "draft" => "NULL",
            _ => &created,
        };
        all += &format!(
            "INSERT INTO posts (id, author_id, title, slug, slug_named, content, excerpt, status,
                 published_at, metadata, search_text, version, created_at, updated_at, deleted_at,
                 deleted_with_author)
             VALUES ({id}, {author}, '{title}', '{slug}', TRUE, {content}, 'Excerpt {number}', '{status}',
                 {published_at}, {metadata}, {search_text}, {number}, {created}, {created},
                 {deleted_at}, {with_author});
             UPDATE post_views SET count = {number} WHERE post_id = {id};"
        );
    }
    for (slug, post) in [("old-name", 11), ("older-name", 11), ("gone-name", 14)] {
        let post = sql.id(post);
        all += &format!("INSERT INTO kept_slugs (slug, post_id) VALUES ('{slug}', {post});");
    }
    all
}

/// One product is sold, one was. An order is open, one is cancelled and its buyer gone.
fn shop(sql: Sql) -> String {
    let deleted = sql.day(9);
    let mut all = String::new();
    for (number, name, price, stock, is_active, deleted_at) in [
        (21, "Engine", 1_999, 3, true, "NULL"),
        (22, "Loom", 500, 0, false, &*deleted),
    ] {
        let (id, created) = (sql.id(number), sql.day(number));
        let search_text = folded(&[name, "Of Brass"]);
        all += &format!(
            "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active,
                 search_text, version, created_at, updated_at, deleted_at)
             VALUES ({id}, '{name}', 'Of Brass', {price}, 'EUR', {stock}, {is_active},
                 {search_text}, {number}, {created}, {created}, {deleted_at});"
        );
    }
    for (number, user, status, total) in [(31, 1, "pending", 4_498), (32, 3, "cancelled", 1_999)] {
        let (id, user, created) = (sql.id(number), sql.id(user), sql.day(number - 10));
        let (digest, far_off) = (sql.digest(status), sql.far_off());
        all += &format!(
            "INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at,
                 updated_at)
             VALUES ({id}, {user}, '{status}', {total}, 'EUR', {number}, {created}, {created});
             INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, expires_at)
             VALUES ({user}, 'once', {digest}, {id}, {far_off}),
                 ({user}, 'again', {digest}, {id}, {far_off});"
        );
    }
    for (order, position, product, quantity, price) in [
        (31, 0, 21, 2, 1_999),
        (31, 1, 22, 1, 500),
        (32, 0, 21, 1, 1_999),
    ] {
        let (order, product) = (sql.id(order), sql.id(product));
        all += &format!(
            "INSERT INTO order_items (order_id, position, product_id, name, quantity,
                 unit_price_cents)
             VALUES ({order}, {position}, {product}, 'As it was', {quantity}, {price});"
        );
    }
    for (product, delta, cause, order) in [
        (21, 4, "created", None),
        (22, 1, "created", None),
        (21, -2, "ordered", Some(31)),
        (22, -1, "ordered", Some(31)),
        (21, 1, "adjusted", None),
        (21, -1, "ordered", Some(32)),
        (21, 1, "cancelled", Some(32)),
    ] {
        let (product, created) = (sql.id(product), sql.day(28));
        let order = order.map_or("NULL".to_owned(), |order| sql.id(order));
        all += &format!(
            "INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
             VALUES ({product}, {delta}, '{cause}', {order}, {created});"
        );
    }
    all
}
