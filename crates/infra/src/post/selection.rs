use hexpress_domain::entity::Liveness;
use hexpress_domain::post::{PostQuery, PostScope, PostStatus};
use hexpress_domain::user::UserId;

/// Which posts belong to a list, but for liveness and search: what the reader may see
/// and what they ask for, folded into one, so that an index leads to it wherever one can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// None: the reader may see nothing of what they ask for.
    Nothing,
    /// Those of a status, of an author, of both, or all.
    Of {
        status: Option<PostStatus>,
        author_id: Option<UserId>,
    },
    /// Published ones, and all of this author. No index leads to both.
    PublishedOrBy(UserId),
    /// Those of this author that are not published.
    UnpublishedBy(UserId),
}

impl Selection {
    pub(super) fn of(scope: PostScope, query: &PostQuery) -> Self {
        use PostScope::{All, Published, PublishedOrBy};

        const PUBLISHED: Option<PostStatus> = Some(PostStatus::Published);
        let (status, author_id) = (query.filter.status, query.filter.author_id);
        match (scope, status, author_id) {
            (All, ..) => Self::Of { status, author_id },
            _ if query.filter.liveness == Liveness::Deleted => Self::Nothing,
            (_, PUBLISHED, _) => Self::Of { status, author_id },
            (Published, Some(_), _) => Self::Nothing,
            (Published, None, _) => Self::Of {
                status: PUBLISHED,
                author_id,
            },
            (PublishedOrBy(reader), None, None) => Self::PublishedOrBy(reader),
            (PublishedOrBy(reader), _, None) => Self::Of {
                status,
                author_id: Some(reader),
            },
            (PublishedOrBy(reader), _, Some(author)) if author == reader => {
                Self::Of { status, author_id }
            }
            (PublishedOrBy(_), None, Some(_)) => Self::Of {
                status: PUBLISHED,
                author_id,
            },
            (PublishedOrBy(_), Some(_), Some(_)) => Self::Nothing,
        }
    }

    /// Parts that have no post in common and make up the whole, each of which an index
    /// counts.
    pub(super) fn parts(self) -> Vec<Self> {
        match self {
            Self::PublishedOrBy(reader) => vec![
                Self::Of {
                    status: Some(PostStatus::Published),
                    author_id: None,
                },
                Self::UnpublishedBy(reader),
            ],
            whole => vec![whole],
        }
    }
}

#[cfg(test)]
mod tests {
    use hexpress_domain::post::PostFilter;
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;

    const READER: UserId = UserId::new(Uuid::from_u128(1));
    const OTHER: UserId = UserId::new(Uuid::from_u128(2));
    const PUBLISHED: Option<PostStatus> = Some(PostStatus::Published);
    const DRAFT: Option<PostStatus> = Some(PostStatus::Draft);

    type Asked = (Option<PostStatus>, Option<UserId>);

    fn select(scope: PostScope, (status, author_id): Asked, liveness: Liveness) -> Selection {
        let query = PostQuery {
            filter: PostFilter {
                status,
                author_id,
                liveness,
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        Selection::of(scope, &query)
    }

    #[rstest]
    #[case((None, None))]
    #[case((PUBLISHED, None))]
    #[case((DRAFT, None))]
    #[case((None, Some(OTHER)))]
    #[case((DRAFT, Some(OTHER)))]
    fn who_may_see_all_gets_what_they_ask_for(#[case] asked: Asked) {
        let expected = Selection::Of {
            status: asked.0,
            author_id: asked.1,
        };
        for liveness in [Liveness::Live, Liveness::Deleted, Liveness::Any] {
            assert_eq!(select(PostScope::All, asked, liveness), expected);
        }
    }

    #[rstest]
    #[case((None, None), Some((PUBLISHED, None)))]
    #[case((PUBLISHED, None), Some((PUBLISHED, None)))]
    #[case((DRAFT, None), None)]
    #[case((None, Some(OTHER)), Some((PUBLISHED, Some(OTHER))))]
    #[case((PUBLISHED, Some(OTHER)), Some((PUBLISHED, Some(OTHER))))]
    #[case((DRAFT, Some(OTHER)), None)]
    fn strangers_get_what_is_published(#[case] asked: Asked, #[case] expected: Option<Asked>) {
        check(PostScope::Published, asked, expected);
    }

    #[rstest]
    #[case((PUBLISHED, None), Some((PUBLISHED, None)))]
    #[case((DRAFT, None), Some((DRAFT, Some(READER))))]
    #[case((None, Some(READER)), Some((None, Some(READER))))]
    #[case((PUBLISHED, Some(READER)), Some((PUBLISHED, Some(READER))))]
    #[case((DRAFT, Some(READER)), Some((DRAFT, Some(READER))))]
    #[case((None, Some(OTHER)), Some((PUBLISHED, Some(OTHER))))]
    #[case((PUBLISHED, Some(OTHER)), Some((PUBLISHED, Some(OTHER))))]
    #[case((DRAFT, Some(OTHER)), None)]
    fn users_get_their_own_as_well(#[case] asked: Asked, #[case] expected: Option<Asked>) {
        check(PostScope::PublishedOrBy(READER), asked, expected);
    }

    #[test]
    fn only_the_bare_list_of_a_user_is_two() {
        let scope = PostScope::PublishedOrBy(READER);
        let selection = select(scope, (None, None), Liveness::Live);
        assert_eq!(selection, Selection::PublishedOrBy(READER));
        let published = Selection::Of {
            status: PUBLISHED,
            author_id: None,
        };
        let own = Selection::UnpublishedBy(READER);
        assert_eq!(selection.parts(), [published, own]);
        assert_eq!(published.parts(), [published]);
    }

    fn check(scope: PostScope, asked: Asked, expected: Option<Asked>) {
        let expected = expected.map_or(Selection::Nothing, |(status, author_id)| Selection::Of {
            status,
            author_id,
        });
        assert_eq!(select(scope, asked, Liveness::Live), expected);
        assert_eq!(select(scope, asked, Liveness::Any), expected);
        let deleted = select(scope, asked, Liveness::Deleted);
        assert_eq!(deleted, Selection::Nothing);
    }
}
