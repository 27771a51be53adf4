//! The plans of the statements that must not read whole tables. The statements are
//! those that the adapter runs, caught on their way.

use hexpress_database::Database;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Cursor, Direction, PageRequest, Position, Search, Sort, SortValue};
use hexpress_domain::post::{PostFilter, PostQuery, PostScope, PostSort, PostStatus, Slug};
use hexpress_domain::user::UserId;
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use uuid::Uuid;

use super::selection::Selection;
use super::{list, read};
use crate::testing::open;
use crate::testing::plans::{assert_led_by, id_of, minute, numbers, plan, statements_of};

const AUTHOR: Uuid = Uuid::from_u128(1);

/// A library in which the right plan wins by far: twelve thousand posts by eighty authors,
/// four posts to a page of the table, two of which contain a word that no other does. Every
/// sort value is different, and cursors point into the middle: behind the last value the
/// planner expects one row, and any index will do.
///
/// `ANALYZE` samples 30,000 rows, so its statistics cover every row. `VACUUM` merges the
/// pending entries of the trigram index. It cannot be relied on to mark pages as all-visible:
/// it skips a page whose commit is not yet flushed (`synchronous_commit = off`) or is still
/// visible to the transaction of another test. So a plan must win with the cost of reading
/// each row from the table.
async fn library(kind: Kind, is_analyzed: bool) -> (TestDatabase, Database) {
    let raw = TestDatabase::migrated(kind).await;
    let (id, author) = (id_of(kind, "i"), id_of(kind, "i % 80 + 1"));
    let (time, numbers) = (minute(kind, "i"), numbers(kind, 12_000));
    // PostgreSQL's costs depend on the pages to read. Longer rows would be moved out of the table.
    let filling = match kind {
        Kind::Sqlite => String::new(),
        Kind::Postgres => format!("\"c\":\"{}\"", "c".repeat(1700)),
    };
    raw.execute(&format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             search_text, version, created_at, updated_at) \
         SELECT {id}, i || '@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time} \
         FROM {numbers} WHERE i <= 80;
         INSERT INTO posts (id, author_id, title, slug, slug_named, status, published_at, \
             metadata, version, created_at, updated_at, deleted_with_author) \
         SELECT {id}, {author}, 'Title ' || i, 'post-' || i, FALSE, \
             CASE i % 19 WHEN 0 THEN 'draft' WHEN 1 THEN 'published' ELSE 'archived' END, {time}, \
             '{{{filling}}}', 1, {time}, {time}, FALSE \
         FROM {numbers};
         INSERT INTO post_texts (post_id, content, search_text) \
         SELECT {id}, 'c', \
             CASE i WHEN 77 THEN 'zanzibar' WHEN 78 THEN 'занзибар' ELSE 'title ' || i END \
         FROM {numbers};
         INSERT INTO kept_slugs (slug, post_id) SELECT 'kept-' || i, {id} FROM {numbers};
         UPDATE post_views SET count = \
             (SELECT CAST(substr(slug, 6) AS integer) * 7919 % 12000 FROM posts WHERE id = post_id);"
    ))
    .await;
    if is_analyzed {
        raw.analyze().await;
    }
    if kind == Kind::Postgres {
        raw.execute("VACUUM posts, post_texts, post_views").await;
    }
    let database = open(&raw).await;
    (raw, database)
}

/// Reads a page and returns the statements that did.
async fn statements_of_page(
    database: &Database,
    scope: PostScope,
    query: &PostQuery,
) -> Vec<String> {
    let input = (scope, query.clone());
    statements_of(database, input, |connection, (scope, query)| {
        Box::pin(list::page(connection, *scope, query))
    })
    .await
}

/// Reads a page and returns the plan of the statement that found its rows.
async fn plan_of_page(
    kind: Kind,
    (raw, database): &(TestDatabase, Database),
    scope: PostScope,
    query: &PostQuery,
) -> String {
    let statements = statements_of_page(database, scope, query).await;
    let sql = statements.first().unwrap();
    let id = |id: Uuid| format!("'{id}'");
    let mut values = Vec::new();
    match Selection::of(scope, query) {
        Selection::Of { author_id, .. } => {
            values.extend(author_id.map(|author| id(author.as_uuid())));
        }
        Selection::PublishedOrBy(author) | Selection::UnpublishedBy(author) => {
            values.push(id(author.as_uuid()));
        }
        Selection::Nothing => {}
    }
    values.extend(
        query
            .filter
            .search
            .as_ref()
            .map(|s| format!("'%{}%'", s.folded())),
    );
    if let Position::After(cursor) = &query.page.position {
        values.push(match &cursor.value {
            SortValue::Time(time) => format!("'{}'", time.unwrap()),
            SortValue::Text(text) => format!("'{text}'"),
            SortValue::Number(number) => number.to_string(),
        });
        values.push(id(cursor.id));
        values.push("11".to_owned());
    } else {
        values.extend(["11".to_owned(), "0".to_owned()]);
    }
    plan(kind, raw, sql, &values).await
}

fn middle(sort: PostSort) -> PageRequest {
    let value = match sort {
        PostSort::Title => SortValue::Text("Title 3000".to_owned()),
        PostSort::ViewCount => SortValue::Number(6000),
        _ => SortValue::Time("2024-01-03T02:00:00Z".parse().ok()),
    };
    let id = Uuid::from_u128(3000);
    PageRequest {
        position: Position::After(Cursor { value, id }),
        count: false,
        ..PageRequest::default()
    }
}

/// The name of the index in an order of the list, behind what it is narrowed down to.
fn index(narrowed: &str, sort: PostSort) -> String {
    let (table, key) = match sort {
        PostSort::CreatedAt => ("posts", "created_at"),
        PostSort::UpdatedAt => ("posts", "updated_at"),
        PostSort::PublishedAt => ("posts", "published_key"),
        PostSort::Title => ("posts", "title"),
        PostSort::ViewCount => ("post_views", "count"),
    };
    format!("{table}_{narrowed}{key}_idx")
}

#[rstest]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let library = library(kind, is_analyzed).await;
    let author_id = Some(UserId::new(AUTHOR));
    let status = Some(PostStatus::Draft);
    for &sort in PostSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            let all = PostQuery {
                sort,
                direction,
                page: middle(sort),
                ..PostQuery::default()
            };
            let of_status = PostQuery {
                filter: PostFilter {
                    status,
                    ..all.filter.clone()
                },
                ..all.clone()
            };
            let of_author = PostQuery {
                filter: PostFilter {
                    author_id,
                    ..all.filter.clone()
                },
                ..all.clone()
            };
            let reader = PostScope::PublishedOrBy(UserId::new(AUTHOR));
            for (scope, query, narrowed) in [
                (PostScope::All, &all, ""),
                (reader, &all, ""),
                (PostScope::Published, &all, "status_"),
                (PostScope::All, &of_status, "status_"),
                (PostScope::All, &of_author, "author_id_"),
            ] {
                let plan = plan_of_page(kind, &library, scope, query).await;
                let index = index(narrowed, sort);
                assert_led_by(&plan, &index);
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_deep_page_is_found_in_the_index_of_its_order(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let (raw, database) = library(kind, is_analyzed).await;
    let status = Some(PostStatus::Draft);
    let query = PostQuery {
        filter: PostFilter {
            status,
            ..PostFilter::default()
        },
        page: PageRequest {
            position: Position::Page("10".parse().unwrap()),
            count: false,
            ..PageRequest::default()
        },
        ..PostQuery::default()
    };
    for &sort in PostSort::ALL {
        for (status, narrowed) in [(None, ""), (status, "status_")] {
            let query = PostQuery {
                filter: PostFilter {
                    status,
                    ..query.filter.clone()
                },
                sort,
                ..query.clone()
            };
            let statements = statements_of_page(&database, PostScope::All, &query).await;
            let [passing, showing] = <[String; 2]>::try_from(statements).unwrap();
            assert!(!showing.contains("OFFSET"), "{showing}");
            let plan = plan(kind, &raw, &passing, &["1".to_owned(), "89".to_owned()]).await;
            assert_led_by(&plan, &index(narrowed, sort));
            // SQLite looks into each row for what a partial index has said.
            let is_found_there = kind == Kind::Sqlite || plan.contains("Index Only Scan");
            assert!(is_found_there, "{sort:?} {status:?}\n{plan}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_public_list_and_an_authors_begin_in_their_indexes(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let library = library(kind, is_analyzed).await;
    let public = PostQuery::default();
    let plan = plan_of_page(kind, &library, PostScope::Published, &public).await;
    assert_led_by(&plan, "posts_status_created_at_idx");

    // An author's few may as well be sorted, once an index has found them.
    let of_author = PostQuery {
        filter: PostFilter {
            author_id: Some(UserId::new(AUTHOR)),
            ..PostFilter::default()
        },
        ..PostQuery::default()
    };
    let plan = plan_of_page(kind, &library, PostScope::Published, &of_author).await;
    assert!(plan.contains("posts_author_id_"), "{plan}");
}

/// Many posts have the status that is asked for, few of them are the reader's.
#[rstest]
#[tokio::test]
async fn a_users_own_posts_of_a_status_are_found_by_their_author(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let library = library(kind, is_analyzed).await;
    let reader = PostScope::PublishedOrBy(UserId::new(AUTHOR));
    for &sort in PostSort::ALL {
        let query = PostQuery {
            filter: PostFilter {
                status: Some(PostStatus::Archived),
                ..PostFilter::default()
            },
            sort,
            ..PostQuery::default()
        };
        let plan = plan_of_page(kind, &library, reader, &query).await;
        assert!(
            plan.contains(&index("author_id_", sort)),
            "{sort:?}: {plan}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn of_what_a_user_may_see_only_their_own_is_counted(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let (raw, database) = library(kind, is_analyzed).await;
    let reader = PostScope::PublishedOrBy(UserId::new(AUTHOR));
    let statements = statements_of_page(&database, reader, &PostQuery::default()).await;
    let [_, published, own] = <[String; 3]>::try_from(statements).unwrap();
    assert_reads_counts_alone(&plan(kind, &raw, &published, &[]).await);
    assert_counts_in_an_index(
        kind,
        &plan(kind, &raw, &own, &[format!("'{AUTHOR}'")]).await,
    );
}

#[rstest]
#[tokio::test]
async fn the_posts_of_an_author_are_counted_in_an_index(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let (raw, database) = library(kind, is_analyzed).await;
    for (scope, status) in [
        (PostScope::All, None),
        (PostScope::All, Some(PostStatus::Draft)),
        (PostScope::Published, None),
    ] {
        let query = PostQuery {
            filter: PostFilter {
                author_id: Some(UserId::new(AUTHOR)),
                status,
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        let statements = statements_of_page(&database, scope, &query).await;
        let [_, total] = <[String; 2]>::try_from(statements).unwrap();
        let plan = plan(kind, &raw, &total, &[format!("'{AUTHOR}'")]).await;
        assert_counts_in_an_index(kind, &plan);
    }
}

fn assert_counts_in_an_index(kind: Kind, plan: &str) {
    let index = match kind {
        Kind::Sqlite => "USING COVERING INDEX post_views_author_id_count_idx",
        Kind::Postgres => "post_views_author_id_count_idx",
    };
    assert!(plan.contains(index), "{plan}");
}

fn assert_reads_counts_alone(plan: &str) {
    assert!(plan.contains("post_counts"), "{plan}");
    assert!(!plan.contains("posts"), "{plan}");
}

#[rstest]
#[tokio::test]
async fn totals_of_all_authors_count_no_posts(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(Liveness::Live, Liveness::Deleted, Liveness::Any)] liveness: Liveness,
) {
    let raw = TestDatabase::migrated(kind).await;
    let database = open(&raw).await;
    for status in [None, Some(PostStatus::Published)] {
        let query = PostQuery {
            filter: PostFilter {
                status,
                liveness,
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        let statements = statements_of_page(&database, PostScope::All, &query).await;
        let [_, total] = <[String; 2]>::try_from(statements).unwrap();
        assert_reads_counts_alone(&plan(kind, &raw, &total, &[]).await);
    }
}

#[rstest]
#[tokio::test]
async fn nothing_is_read_where_nothing_may_be_seen(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::migrated(kind).await;
    let drafts = PostQuery {
        filter: PostFilter {
            status: Some(PostStatus::Draft),
            ..PostFilter::default()
        },
        ..PostQuery::default()
    };
    let database = open(&raw).await;
    let statements = statements_of_page(&database, PostScope::Published, &drafts).await;
    assert_eq!(statements, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn a_search_for_a_rare_word_uses_the_trigrams(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let library = library(kind, is_analyzed).await;
    for (scope, word) in [
        (PostScope::All, "zanzibar"),
        (PostScope::Published, "zanzibar"),
        (PostScope::All, "ЗАНЗИБАР"),
    ] {
        for &sort in PostSort::ALL {
            let query = PostQuery {
                filter: PostFilter {
                    search: Search::parse(word).unwrap(),
                    ..PostFilter::default()
                },
                sort,
                ..PostQuery::default()
            };
            let plan = plan_of_page(kind, &library, scope, &query).await;
            match kind {
                Kind::Postgres => assert!(plan.contains("post_texts_search_text_idx"), "{plan}"),
                // What the search finds leads to the posts, and not the order of the list.
                Kind::Sqlite => {
                    assert!(plan.contains("post_texts_search VIRTUAL TABLE"), "{plan}");
                    assert!(!plan.contains(&index("", sort)), "{plan}");
                    assert!(!plan.contains(&index("status_", sort)), "{plan}");
                }
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_slug_is_looked_up_by_indexes_alone(
    #[values((Kind::Sqlite, false), (Kind::Sqlite, true), (Kind::Postgres, true))]
    (kind, is_analyzed): (Kind, bool),
) {
    let (raw, database) = library(kind, is_analyzed).await;
    let slug: Slug = "kept-77".parse().unwrap();
    let found = database.read(slug.clone(), |connection, slug| {
        Box::pin(read::find_by_slug(connection, slug))
    });
    assert_eq!(
        found.await.unwrap().unwrap().post.id.as_uuid(),
        Uuid::from_u128(77)
    );
    let statements = statements_of(&database, slug, |connection, slug| {
        Box::pin(read::find_by_slug(connection, slug))
    });
    let sql = statements.await.swap_remove(0);
    let values = ["'kept-77'"; 4].map(str::to_owned);
    let plan = plan(kind, &raw, &sql, &values).await;
    assert!(plan.contains("posts_slug_live_key"), "{plan}");
    let reads_a_table = |line: &str| line.contains("Seq Scan") || line.trim().starts_with("SCAN ");
    // A few users lie on one page of PostgreSQL, which no index makes cheaper.
    assert!(
        !plan
            .lines()
            .any(|line| reads_a_table(line) && !line.contains(" on users")),
        "{plan}"
    );
}
