//! Which post a slug leads to: the live post that has it, or a post that had it (a slug
//! redirect).

use std::collections::{BTreeSet, HashSet};

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Id, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend, pipelined};
use hexpress_domain::post::PostId;
use hexpress_domain::post::{MadeSlug, NewSlug, Slug};
use hexpress_domain::repository::RepositoryError;

use super::batch::{BATCH, OnBatch, Value};
use crate::schema::{is_slug_taken, posts, slug_redirects};

/// Another transaction got a slug that this one had found free.
#[derive(Debug, thiserror::Error)]
#[error("a slug was free and is no longer")]
struct SlugLost;

/// The slug that the post is to have, unless somebody else is faster.
pub(super) async fn choose(
    connection: &mut Connection,
    post: PostId,
    slug: &NewSlug,
) -> Result<Slug, Failure> {
    let made = match slug {
        NewSlug::Named(slug) => return Ok(slug.clone()),
        NewSlug::Made(made) => made,
    };
    let lock = lock_of(made.stem());
    let (locked, plain) = pipelined!(connection, |c, dialect| dialect::lock_name(c, &lock), {
        let is_free = diesel::sql_query(IS_FREE)
            .bind::<Text, _>(made.plain().as_str())
            .bind::<Id, _>(StoredId::from(post));
        Prepared(is_free).get_result::<IsFree>(c)
    },);
    locked?;
    if plain?.is_free {
        return Ok(made.plain().clone());
    }
    let number = first_free(connection, post, made.stem()).await?;
    Ok(made.numbered(number))
}

/// Locks the slugs of these stems until the transaction ends. Without it, racing creations would
/// all choose the same free slug, and all but one would find it taken. Restoring an author
/// takes these locks before the rows of the posts; every other writer takes one after its post.
pub(super) async fn lock<'a>(
    connection: &mut Connection,
    stems: impl Iterator<Item = &'a Slug>,
) -> Result<(), Failure> {
    let locks: BTreeSet<_> = stems.map(lock_of).collect();
    let locks = Vec::from_iter(locks);
    on_backend!(connection, |c, dialect| dialect::lock_names(c, &locks)
        .await?);
    Ok(())
}

/// The lock of a stem, which it shares with others: PostgreSQL has room for a few thousand locks,
/// and an author may have as many stems.
fn lock_of(stem: &Slug) -> String {
    let bytes = stem.as_str().bytes();
    let number = bytes.fold(0_u8, |number, byte| {
        number.wrapping_mul(31).wrapping_add(byte)
    });
    format!("posts/{number}")
}

/// A post that comes back under another slug than its own.
pub(super) struct Renamed {
    pub(super) id: StoredId,
    pub(super) slug: Slug,
    pub(super) former: Slug,
}

/// The slugs of these stems with a number that lead to a post.
pub(super) async fn numbered<'a>(
    connection: &mut Connection,
    stems: impl Iterator<Item = &'a Slug>,
) -> Result<HashSet<String>, Failure> {
    // The end is the character behind the hyphen.
    let stems = BTreeSet::from_iter(stems).into_iter().map(|stem| {
        let (head, end) = (format!("{stem}-"), format!("{stem}."));
        [Value::Text(head), Value::Text(end)]
    });
    let mut taken = HashSet::new();
    for rows in Vec::from_iter(stems).chunks(BATCH) {
        for (table, condition) in [
            ("posts", "taken.deleted_at IS NULL AND "),
            ("kept_slugs", ""),
        ] {
            let found: Vec<TakenSlug> = on_backend!(&mut *connection, |c, dialect| {
                let is_numbered = dialect::is_number_behind("column1", "taken.slug");
                let behind = format!(
                    "AS stems CROSS JOIN {table} AS taken WHERE {condition}taken.slug >= column1 \
                     AND taken.slug < column2 AND {is_numbered}"
                );
                let slugs = OnBatch {
                    before: "SELECT taken.slug AS slug FROM ",
                    rows,
                    behind: &behind,
                };
                slugs.load(c).await?
            });
            taken.extend(found.into_iter().map(|row| row.slug));
        }
    }
    Ok(taken)
}

#[derive(QueryableByName)]
struct TakenSlug {
    #[diesel(sql_type = Text)]
    slug: String,
}

/// Undoes the deletion of posts that this transaction holds, with their author. The former slug
/// of each leads to another post by now; it goes on leading here where readers know it by this
/// post alone.
pub(super) async fn bring_back(
    connection: &mut Connection,
    renamed: Vec<Renamed>,
    at: StoredInstant,
) -> Result<(), Failure> {
    let rows = renamed.into_iter().map(|post| {
        [
            Value::Id(post.id),
            Value::Text(post.slug.into()),
            Value::Text(post.former.into()),
            Value::Time(at),
        ]
    });
    for rows in Vec::from_iter(rows).chunks(BATCH) {
        let on_batch = |before, behind| OnBatch {
            before,
            rows,
            behind,
        };
        let restore = on_batch(
            "UPDATE posts SET slug = column2, deleted_at = NULL, deleted_with_author = FALSE, \
             updated_at = column4, version = version + 1 FROM ",
            "AS batch WHERE posts.id = column1",
        );
        // As [`settle`].
        let of_others = on_batch(
            "SELECT kept_slugs.slug AS slug FROM ",
            "AS batch JOIN kept_slugs ON kept_slugs.slug = column2 WHERE post_id <> column1",
        );
        // As [`keep_unless_known`].
        let keep = on_batch(
            "INSERT INTO kept_slugs (slug, post_id) SELECT column3, column1 FROM ",
            "AS batch JOIN posts ON posts.id = column1 WHERE posts.published_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM posts AS known WHERE known.slug = column3 \
             AND known.deleted_at IS NULL AND known.published_at IS NOT NULL) \
             ON CONFLICT (slug) DO NOTHING",
        );
        let lost: Vec<TakenSlug> = on_backend!(&mut *connection, |c| {
            restore.execute(c).await.map_err(refused_made)?;
            of_others.load(c).await?
        });
        settled(lost.is_empty())?;
        on_backend!(&mut *connection, |c| keep.execute(c).await?);
    }
    Ok(())
}

#[derive(QueryableByName)]
struct IsFree {
    #[diesel(sql_type = Bool)]
    is_free: bool,
}

/// Whether the slug `$1` leads to no post but `$2`. Asked by itself, since it is all that
/// most need, and PostgreSQL plans it once: [`first_free`] it plans each time.
const IS_FREE: &str = "SELECT \
    NOT EXISTS (SELECT 1 FROM posts WHERE deleted_at IS NULL AND slug = $1 AND id <> $2) \
    AND NOT EXISTS (SELECT 1 FROM kept_slugs WHERE slug = $1 AND post_id <> $2) AS is_free";

#[derive(QueryableByName)]
struct FirstFree {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The first number that makes a slug of this stem free for the post. However many are
/// taken, one number leaves the database.
async fn first_free(
    connection: &mut Connection,
    post: PostId,
    stem: &Slug,
) -> Result<u32, Failure> {
    let head = format!("{stem}-");
    // The character behind the hyphen.
    let end = format!("{stem}.");
    let unnumbered = MadeSlug::FIRST_NUMBER - 1;
    let FirstFree { number } = on_backend!(connection, |c, dialect| {
        // SQLite counts them in the order in which they first appear.
        let is_numbered = dialect::is_number_behind("$1", "slug");
        let numbers = format!(
            "SELECT CAST(substr(slug, length($1) + 1) AS bigint) AS number FROM (\
             SELECT slug FROM posts WHERE deleted_at IS NULL \
             AND id <> $2 AND slug >= $1 AND slug < $3 AND {is_numbered} UNION ALL \
             SELECT slug FROM kept_slugs \
             WHERE post_id <> $2 AND slug >= $1 AND slug < $3 AND {is_numbered}) AS taken"
        );
        let first = format!(
            "SELECT min(number) + 1 AS number FROM (\
             SELECT number, lead(number) OVER (ORDER BY number) AS next FROM (\
             SELECT {unnumbered} AS number UNION {numbers}) AS numbers) AS pairs \
             WHERE next IS NULL OR next > number + 1"
        );
        let first = diesel::sql_query(first)
            .bind::<Text, _>(&head)
            .bind::<Id, _>(StoredId::from(post))
            .bind::<Text, _>(&end);
        Prepared(first).get_result(c).await?
    });
    Ok(u32::try_from(number).map_err(|error| RepositoryError::Internal(error.into()))?)
}

/// What it means that the database refused a statement which gives a post a slug of
/// this kind: a made one is to be made anew.
pub(super) fn refused(error: diesel::result::Error, slug: &NewSlug) -> Failure {
    match slug {
        NewSlug::Made(_) => refused_made(error),
        NewSlug::Named(_) => error.into(),
    }
}

/// As [`refused`], where all slugs were found free.
pub(super) fn refused_made(error: diesel::result::Error) -> Failure {
    if is_slug_taken(&error) {
        Failure::Contention(SlugLost.into())
    } else {
        error.into()
    }
}

/// The statement that settles a slug of a post that readers know or do not, and whether the
/// post may have it. No function, since no signature says simply what Diesel must know of a
/// connection of either kind.
macro_rules! frees {
    ($c:ident, $post:expr, $slug:expr, $chosen:expr, $is_known:expr) => {
        async {
            use diesel::dsl::{exists, not};
            use $crate::schema::slug_redirects;

            let redirect = slug_redirects::table.find($chosen.as_str());
            match $slug {
                NewSlug::Named(_) if !$is_known => Ok(true),
                NewSlug::Named(_) => {
                    let delete = Prepared(diesel::delete(redirect));
                    delete.execute($c).await.map(|_| true)
                }
                NewSlug::Made(_) => {
                    let post = StoredId::from($post);
                    let of_others = redirect.filter(slug_redirects::post_id.ne(post));
                    let is_free = Prepared(diesel::select(not(exists(of_others))));
                    is_free.get_result($c).await
                }
            }
        }
    };
}
pub(super) use frees;

/// Settles the redirect of a slug that a post has got. A named slug loses its redirect, if
/// readers know the post: a draft takes no address away. A made slug must not be the redirect
/// of another post. Comes after the post has the slug: by then, a transaction that made a
/// redirect of it meanwhile has committed.
pub(super) async fn settle(
    connection: &mut Connection,
    post: PostId,
    slug: &NewSlug,
    chosen: &Slug,
    is_known: bool,
) -> Result<(), Failure> {
    let is_free = on_backend!(connection, |c| frees!(c, post, slug, chosen, is_known)
        .await?);
    settled(is_free)
}

/// What [`frees`] has found out.
pub(super) fn settled(is_free: bool) -> Result<(), Failure> {
    match is_free {
        true => Ok(()),
        false => Err(Failure::Contention(SlugLost.into())),
    }
}

/// Makes a former slug redirect to the post that had it last.
pub(super) async fn keep(
    connection: &mut Connection,
    post: PostId,
    former: &Slug,
) -> Result<(), Failure> {
    let post_id = StoredId::from(post);
    on_backend!(connection, |c| {
        diesel::insert_into(slug_redirects::table)
            .values((
                slug_redirects::slug.eq(former.as_str()),
                slug_redirects::post_id.eq(post_id),
            ))
            .on_conflict(slug_redirects::slug)
            .do_update()
            .set(slug_redirects::post_id.eq(post_id))
            .execute(c)
            .await?
    });
    Ok(())
}

/// Makes the former slug of a post that was restored under another one redirect to it.
/// Does nothing if the post was never published, if a live post that was published has the
/// slug, or if the slug redirects to another post.
pub(super) async fn keep_unless_known(
    connection: &mut Connection,
    post: PostId,
    former: &Slug,
) -> Result<(), Failure> {
    let post_id = StoredId::from(post);
    let restored = posts::table
        .find(post_id)
        .filter(posts::published_at.is_not_null());
    let others = diesel::alias!(posts as others);
    let known = others
        .filter(others.field(posts::slug).eq(former.as_str()))
        .filter(others.field(posts::deleted_at).is_null())
        .filter(others.field(posts::published_at).is_not_null());
    on_backend!(connection, |c| {
        let is_wanted: bool = diesel::select(exists(restored).and(not(exists(known))))
            .get_result(c)
            .await?;
        if is_wanted {
            diesel::insert_into(slug_redirects::table)
                .values((
                    slug_redirects::slug.eq(former.as_str()),
                    slug_redirects::post_id.eq(post_id),
                ))
                .on_conflict_do_nothing()
                .execute(c)
                .await?;
        }
    });
    Ok(())
}

/// Removes the redirect from a published post's slug to another post, which the slug led to
/// while the post was a draft.
pub(super) async fn take_over(
    connection: &mut Connection,
    post: PostId,
    slug: &Slug,
) -> Result<(), Failure> {
    let of_others = slug_redirects::table
        .find(slug.as_str())
        .filter(slug_redirects::post_id.ne(StoredId::from(post)));
    on_backend!(connection, |c| {
        diesel::delete(of_others).execute(c).await?
    });
    Ok(())
}
