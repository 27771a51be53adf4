//! Which post a slug leads to: taken by a live one, or kept for one that had it.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_domain::id::PostId;
use hexpress_domain::post::{MadeSlug, NewSlug, Slug};

use crate::database::schema::{kept_slugs, posts};
use crate::database::types::StoredId;
use crate::database::{Connection, Failure, is_slug_taken, on_both};

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
    lock(connection, made.stem()).await?;
    let gone = of_others(connection, post, made).await?;
    Ok(made.first_free(gone.iter().map(String::as_str)))
}

/// Lets whoever makes slugs of one stem go one after another: of those who race, all
/// but one would find the slug taken that all had found free. Comes before the rows
/// of posts, so that nobody waits in a circle.
pub(super) async fn lock(connection: &mut Connection, stem: &Slug) -> Result<(), Failure> {
    on_both!(connection, |c, dialect| {
        dialect::lock_slugs(c, stem.as_str()).await?;
    });
    Ok(())
}

/// The slugs that are made of this and taken by other posts, or kept for them.
async fn of_others(
    connection: &mut Connection,
    post: PostId,
    made: &MadeSlug,
) -> Result<Vec<String>, Failure> {
    let post = StoredId::from(post);
    let plain = made.plain().as_str();
    let (from, to) = (format!("{}-", made.stem()), format!("{}.", made.stem()));
    let number = from.len() + 1;
    Ok(on_both!(connection, |c, dialect| {
        let numbered = posts::slug
            .ge(&from)
            // The character behind the hyphen.
            .and(posts::slug.lt(&to))
            .and(sql::<Bool>(&dialect::is_number_from("posts.slug", number)));
        let taken = posts::table
            .filter(posts::deleted_at.is_null())
            .filter(posts::id.ne(post))
            .filter(posts::slug.eq(plain).or(numbered))
            .select(posts::slug);
        let numbered = kept_slugs::slug
            .ge(&from)
            .and(kept_slugs::slug.lt(&to))
            .and(sql::<Bool>(&dialect::is_number_from(
                "kept_slugs.slug",
                number,
            )));
        let kept = kept_slugs::table
            .filter(kept_slugs::post_id.ne(post))
            .filter(kept_slugs::slug.eq(plain).or(numbered))
            .select(kept_slugs::slug);
        taken.union_all(kept).load(c).await?
    }))
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

/// Settles what a slug was kept for that a post has got: a named one leads nowhere
/// else any more, and a made one was kept for nobody. Comes after the post has it:
/// who left it meanwhile, and keeps it, has committed by then.
pub(super) async fn settle(
    connection: &mut Connection,
    post: PostId,
    slug: &NewSlug,
    chosen: &Slug,
) -> Result<(), Failure> {
    let kept = kept_slugs::table.find(chosen.as_str());
    let is_lost: bool = on_both!(connection, |c| {
        match slug {
            NewSlug::Named(_) => {
                diesel::delete(kept).execute(c).await?;
                false
            }
            NewSlug::Made(_) => {
                let of_others = kept.filter(kept_slugs::post_id.ne(StoredId::from(post)));
                diesel::select(exists(of_others)).get_result(c).await?
            }
        }
    });
    if is_lost {
        return Err(Failure::Contention(SlugLost.into()));
    }
    Ok(())
}

/// Keeps a slug for the post that had it last.
pub(super) async fn keep(
    connection: &mut Connection,
    post: PostId,
    former: &Slug,
) -> Result<(), Failure> {
    let post_id = StoredId::from(post);
    on_both!(connection, |c| {
        diesel::insert_into(kept_slugs::table)
            .values((
                kept_slugs::slug.eq(former.as_str()),
                kept_slugs::post_id.eq(post_id),
            ))
            .on_conflict(kept_slugs::slug)
            .do_update()
            .set(kept_slugs::post_id.eq(post_id))
            .execute(c)
            .await?
    });
    Ok(())
}

/// Keeps a slug for a post that was restored under another one, if readers know the
/// post and the slug has no other holder that they know: neither a live post that has
/// been published nor one that it is kept for.
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
    on_both!(connection, |c| {
        let is_wanted: bool = diesel::select(exists(restored).and(not(exists(known))))
            .get_result(c)
            .await?;
        if is_wanted {
            diesel::insert_into(kept_slugs::table)
                .values((
                    kept_slugs::slug.eq(former.as_str()),
                    kept_slugs::post_id.eq(post_id),
                ))
                .on_conflict_do_nothing()
                .execute(c)
                .await?;
        }
    });
    Ok(())
}

/// Makes a published post the only one that its slug leads to, also when it is gone:
/// while it was unknown, the slug may have been kept for one that was restored.
pub(super) async fn take_over(
    connection: &mut Connection,
    post: PostId,
    slug: &Slug,
) -> Result<(), Failure> {
    let of_others = kept_slugs::table
        .find(slug.as_str())
        .filter(kept_slugs::post_id.ne(StoredId::from(post)));
    on_both!(connection, |c| {
        diesel::delete(of_others).execute(c).await?
    });
    Ok(())
}
