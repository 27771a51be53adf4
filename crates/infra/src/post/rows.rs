use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::list::{fold, join_folded};
use hexpress_domain::post::{
    Author, Content, LockedPost, Post, PostChange, PostHeadline, PostId, PostRecord, PostView,
    Slug, Title,
};
use hexpress_domain::text::Kept;
use hexpress_domain::user::{PersonName, UserId};
use uuid::Uuid;

use crate::schema::{post_texts, posts, users};

/// A post as it is read, but for its content.
#[derive(Queryable, Selectable)]
#[diesel(table_name = posts)]
pub(super) struct PostRow {
    pub(super) id: StoredId,
    author_id: StoredId,
    title: String,
    slug: String,
    slug_named: bool,
    excerpt: Option<String>,
    status: String,
    published_at: Option<StoredInstant>,
    metadata: String,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
    deleted_at: Option<StoredInstant>,
}

/// What everyone may know of an author.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct AuthorRow {
    id: StoredId,
    first_name: String,
    last_name: String,
}

/// A post with its author, the number of its views, and its content where that was
/// asked for.
pub(super) type PostViewRow = (PostRow, AuthorRow, i64, Option<String>);

pub(super) fn view((post, author, views, content): PostViewRow) -> Result<PostView, Corrupt> {
    let id = post.id.0;
    Ok(PostView {
        content: content
            .map(|content| Kept(content).try_into())
            .transpose()
            .map_err(Corrupt::row("post_texts", id).column("content"))?,
        view_count: Corrupt::row("post_views", id).convert("count", views)?,
        post: post.try_into()?,
        author: author.try_into()?,
    })
}

impl TryFrom<PostRow> for Post {
    type Error = Corrupt;

    fn try_from(row: PostRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("posts", row.id.0);
        Ok(Self {
            id: PostId::new(row.id.0),
            author_id: UserId::new(row.author_id.0),
            title: columns.convert("title", Kept(row.title))?,
            slug: columns.parse("slug", &row.slug)?,
            is_slug_named: row.slug_named,
            excerpt: row
                .excerpt
                .map(|excerpt| Kept(excerpt).try_into())
                .transpose()
                .map_err(columns.column("excerpt"))?,
            status: columns.parse("status", &row.status)?,
            published_at: row.published_at.map(|time| time.0),
            metadata: columns.parse("metadata", &row.metadata)?,
            version: Version::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            deleted_at: row.deleted_at.map(|time| time.0),
        })
    }
}

impl TryFrom<AuthorRow> for Author {
    type Error = Corrupt;

    fn try_from(row: AuthorRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("users", row.id.0);
        Ok(Self {
            id: UserId::new(row.id.0),
            name: PersonName {
                first: columns.convert("first_name", Kept(row.first_name))?,
                last: columns.convert("last_name", Kept(row.last_name))?,
            },
        })
    }
}

/// A published post as it stands in its author's profile.
#[derive(Queryable, Selectable)]
#[diesel(table_name = posts)]
pub(super) struct HeadlineRow {
    id: StoredId,
    title: String,
    slug: String,
    published_at: Option<StoredInstant>,
}

impl TryFrom<HeadlineRow> for PostHeadline {
    type Error = Corrupt;

    fn try_from(row: HeadlineRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("posts", row.id.0);
        let published_at = row
            .published_at
            .ok_or_else(|| columns.column("published_at")("missing of a published post"))?;
        Ok(Self {
            id: PostId::new(row.id.0),
            title: columns.convert("title", Kept(row.title))?,
            slug: columns.parse("slug", &row.slug)?,
            published_at: published_at.0,
        })
    }
}

pub(super) fn slug(text: &str, id: Uuid) -> Result<Slug, Corrupt> {
    Corrupt::row("posts", id).parse("slug", text)
}

#[derive(Insertable)]
#[diesel(table_name = posts)]
pub(super) struct NewPostRow<'a> {
    id: StoredId,
    author_id: StoredId,
    title: &'a str,
    slug: &'a str,
    slug_named: bool,
    excerpt: Option<&'a str>,
    status: &'a str,
    published_at: Option<StoredInstant>,
    metadata: &'a str,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
    deleted_with_author: bool,
}

impl<'a> NewPostRow<'a> {
    pub(super) fn of(post: &'a PostRecord, slug: &'a Slug, slug_named: bool) -> Self {
        Self {
            id: post.id.into(),
            author_id: post.author_id.into(),
            title: post.title.as_str(),
            slug: slug.as_str(),
            slug_named,
            excerpt: post.excerpt.as_ref().map(|excerpt| excerpt.as_str()),
            status: post.status.as_str(),
            published_at: post.published_at.map(StoredInstant),
            metadata: post.metadata.as_str(),
            version: Version::FIRST.get(),
            created_at: post.at.into(),
            updated_at: post.at.into(),
            deleted_with_author: false,
        }
    }
}

/// What a new post says.
#[derive(Insertable)]
#[diesel(table_name = post_texts)]
pub(super) struct NewTextRow<'a> {
    post_id: StoredId,
    content: &'a str,
    search_text: &'a str,
}

impl<'a> NewTextRow<'a> {
    pub(super) fn of(post: &'a PostRecord, search_text: &'a str) -> Self {
        Self {
            post_id: post.id.into(),
            content: post.content.as_str(),
            search_text,
        }
    }
}

/// What a change must write of the text, if anything: what is the same stays as it lies, with
/// all that is kept of it elsewhere.
#[derive(AsChangeset)]
#[diesel(table_name = post_texts)]
pub(super) struct TextChangeset<'a> {
    content: Option<&'a str>,
    search_text: String,
}

impl<'a> TextChangeset<'a> {
    pub(super) fn of(locked: &'a LockedPost, change: &'a PostChange) -> Option<Self> {
        let (before, after) = (&locked.post, &change.post);
        let content = change.content.as_ref();
        let is_searched = before.title != after.title || content.is_some();
        is_searched.then(|| Self {
            content: content.map(|content| content.as_str()),
            search_text: search_text(&after.title, content.unwrap_or(&locked.content)),
        })
    }
}

/// What a change writes of all but the text.
#[derive(AsChangeset)]
#[diesel(table_name = posts)]
pub(super) struct PostChangeset<'a> {
    title: &'a str,
    slug: &'a str,
    slug_named: bool,
    #[diesel(treat_none_as_null = true)]
    excerpt: Option<&'a str>,
    status: &'a str,
    #[diesel(treat_none_as_null = true)]
    published_at: Option<StoredInstant>,
    metadata: Option<&'a str>,
    version: i64,
    updated_at: StoredInstant,
    #[diesel(treat_none_as_null = true)]
    deleted_at: Option<StoredInstant>,
    /// No live post is.
    deleted_with_author: Option<bool>,
}

impl<'a> PostChangeset<'a> {
    pub(super) fn of(before: &Post, after: &'a Post, slug: &'a str) -> Self {
        Self {
            title: after.title.as_str(),
            slug,
            slug_named: after.is_slug_named,
            excerpt: after.excerpt.as_ref().map(|excerpt| excerpt.as_str()),
            status: after.status.as_str(),
            published_at: after.published_at.map(StoredInstant),
            metadata: (before.metadata != after.metadata).then_some(after.metadata.as_str()),
            version: after.version.get(),
            updated_at: after.updated_at.into(),
            deleted_at: after.deleted_at.map(StoredInstant),
            deleted_with_author: after.is_live().then_some(false),
        }
    }
}

/// The fields that the list of posts is searched in, the same ones for every row.
pub(crate) fn search_text(title: &Title, content: &Content) -> String {
    join_folded([&fold([title.as_str()]), content.folded()])
}

/// Counts are never below zero, and neither are sums of them.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
