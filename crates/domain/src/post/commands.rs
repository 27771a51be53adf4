use super::{Content, Excerpt, Metadata, PostStatus, Slug, Title};
use crate::validation::{Field, ValidationErrors};

/// The fields of a new post as they arrived.
#[derive(Debug, Default)]
pub struct RawNewPost {
    /// The title.
    pub title: Field<String>,
    /// The content.
    pub content: Field<String>,
    /// A short text about it.
    pub excerpt: Field<String>,
    /// The status to begin in.
    pub status: Field<String>,
    /// The metadata, as JSON text.
    pub metadata: Field<String>,
    /// A chosen slug.
    pub slug: Field<String>,
}

/// A valid new post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPost {
    /// The title.
    pub title: Title,
    /// The content.
    pub content: Content,
    /// A short text about it.
    pub excerpt: Option<Excerpt>,
    /// Draft or published.
    pub status: PostStatus,
    /// The metadata.
    pub metadata: Metadata,
    /// A chosen slug; without one, the title makes it.
    pub slug: Option<Slug>,
}

impl NewPost {
    /// Reads a new post.
    ///
    /// ```
    /// use hexpress_domain::post::{NewPost, PostStatus, RawNewPost};
    /// use hexpress_domain::validation::{Field, ValidationErrors};
    ///
    /// let post = NewPost::parse(RawNewPost {
    ///     title: Field::Value("On Computing".to_owned()),
    ///     content: Field::Value("Once upon a time".to_owned()),
    ///     ..RawNewPost::default()
    /// })?;
    /// assert_eq!(post.status, PostStatus::Draft);
    ///
    /// let faults = NewPost::parse(RawNewPost {
    ///     title: Field::Value("Hm".to_owned()),
    ///     status: Field::Null,
    ///     ..RawNewPost::default()
    /// });
    /// let faults = faults.unwrap_err();
    /// let fields: Vec<_> = faults.as_slice().iter().map(|fault| fault.field.as_str()).collect();
    /// assert_eq!(fields, ["title", "content", "status"]);
    /// # Ok::<(), ValidationErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawNewPost) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let title = errors.required("title", raw.title, "Title is required");
        let content = errors.required("content", raw.content, "Content is required");
        let excerpt = errors.nullable("excerpt", raw.excerpt);
        let status = errors.optional_with("status", raw.status, |text| PostStatus::initial(&text));
        let metadata = errors.optional_with("metadata", raw.metadata, |text| text.parse());
        let slug = errors.optional("slug", raw.slug);
        errors.finish(|| {
            Some(Self {
                title: title?,
                content: content?,
                excerpt,
                status: status.unwrap_or_default(),
                metadata: metadata.unwrap_or_default(),
                slug,
            })
        })
    }
}

/// The fields of a change to a post as they arrived.
#[derive(Debug, Default)]
pub struct RawPostPatch {
    /// A new title.
    pub title: Field<String>,
    /// A new content.
    pub content: Field<String>,
    /// A new excerpt; `null` takes it away.
    pub excerpt: Field<String>,
    /// A new status.
    pub status: Field<String>,
    /// The JSON text of new metadata, which replaces all of the old.
    pub metadata: Field<String>,
    /// A new slug.
    pub slug: Field<String>,
}

/// A valid change to a post; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostPatch {
    /// A new title.
    pub title: Option<Title>,
    /// A new content.
    pub content: Option<Content>,
    /// A new excerpt, or none from now on.
    pub excerpt: Option<Option<Excerpt>>,
    /// A new status.
    pub status: Option<PostStatus>,
    /// New metadata, which replace all of the old.
    pub metadata: Option<Metadata>,
    /// A new slug.
    pub slug: Option<Slug>,
}

/// The fields of a change to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub enum PostField {
    /// A new title.
    Title,
    /// A new content.
    Content,
    /// A new excerpt, or none.
    Excerpt,
    /// A new status.
    Status,
    /// New metadata.
    Metadata,
    /// A new slug.
    Slug,
}

impl PostField {
    /// Every field, in the order of the schema.
    pub const ALL: [Self; 6] = [
        Self::Title,
        Self::Content,
        Self::Excerpt,
        Self::Status,
        Self::Metadata,
        Self::Slug,
    ];

    /// The field's name, as the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl PostPatch {
    /// Reads a change.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawPostPatch) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let patch = Self {
            title: errors.optional(PostField::Title.as_str(), raw.title),
            content: errors.optional(PostField::Content.as_str(), raw.content),
            excerpt: match raw.excerpt {
                Field::Null => Some(None),
                excerpt => errors
                    .optional(PostField::Excerpt.as_str(), excerpt)
                    .map(Some),
            },
            status: errors
                .optional_with(PostField::Status.as_str(), raw.status, |text| text.parse()),
            metadata: errors.optional_with(PostField::Metadata.as_str(), raw.metadata, |text| {
                text.parse()
            }),
            slug: errors.optional(PostField::Slug.as_str(), raw.slug),
        };
        errors.finish(|| Some(patch))
    }

    /// The fields that the patch holds, in the order of its schema.
    #[must_use]
    pub fn fields(&self) -> Vec<PostField> {
        // Each by name, so that a new field cannot be forgotten here.
        let Self {
            title,
            content,
            excerpt,
            status,
            metadata,
            slug,
        } = self;
        [
            (PostField::Title, title.is_some()),
            (PostField::Content, content.is_some()),
            (PostField::Excerpt, excerpt.is_some()),
            (PostField::Status, status.is_some()),
            (PostField::Metadata, metadata.is_some()),
            (PostField::Slug, slug.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, is_there)| is_there.then_some(field))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Field<String> {
        Field::Value(text.to_owned())
    }

    #[test]
    fn a_new_post_needs_title_and_content() {
        let errors = NewPost::parse(RawNewPost::default()).unwrap_err();
        assert_eq!(
            errors.pairs(),
            [
                ("title", "Title is required"),
                ("content", "Content is required"),
            ]
        );
    }

    #[test]
    fn a_new_post_names_all_its_faults() {
        let raw = RawNewPost {
            title: text("ab"),
            content: text(" "),
            excerpt: text(&"a".repeat(501)),
            status: text("archived"),
            metadata: text("[]"),
            slug: text("A"),
        };
        let errors = NewPost::parse(raw).unwrap_err();
        assert_eq!(
            errors.pairs(),
            [
                ("title", "Title must be between 3 and 200 characters"),
                ("content", "Content is required"),
                ("excerpt", "Excerpt must be at most 500 characters long"),
                ("status", "Status must be one of: draft, published"),
                ("metadata", "Must be a JSON object"),
                (
                    "slug",
                    "Slug must be lower-case letters and digits with single hyphens between them"
                ),
            ]
        );
    }

    #[test]
    fn only_an_excerpt_may_be_null() {
        let new = NewPost::parse(RawNewPost {
            title: text("On Computing"),
            content: text("Once"),
            excerpt: Field::Null,
            ..RawNewPost::default()
        });
        assert_eq!(new.unwrap().excerpt, None);
        let patch = PostPatch::parse(RawPostPatch {
            excerpt: Field::Null,
            ..RawPostPatch::default()
        });
        assert_eq!(patch.unwrap().excerpt, Some(None));
        let errors = PostPatch::parse(RawPostPatch {
            metadata: Field::Null,
            ..RawPostPatch::default()
        });
        assert_eq!(
            errors.unwrap_err().pairs(),
            [("metadata", "Must not be null")]
        );
    }

    #[test]
    fn a_patch_knows_its_fields() {
        let full = RawPostPatch {
            title: text("On Computing"),
            content: text("Once"),
            excerpt: Field::Null,
            status: text("published"),
            metadata: text("{}"),
            slug: text("once"),
        };
        assert_eq!(PostPatch::parse(full).unwrap().fields(), PostField::ALL);
        assert_eq!(PostPatch::default().fields(), []);
    }
}
