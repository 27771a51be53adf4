use std::time::Duration;

use hexpress_app::user::{Profile, UserView};
use hexpress_app::{Error, InvalidState, Resource};
use hexpress_domain::user::UserId;
use hexpress_domain::user::{Role, User};
use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{ApiError, RateLimit};
use crate::openapi::error_responses::error_responses;
use crate::post::Headline;
use crate::respond::Tagged;
use crate::time::Timestamp;

/// The types of fields, as the document names and bounds them.
pub(crate) mod types {
    use hexpress_domain::user;
    use utoipa::openapi::schema::KnownFormat;

    pub(crate) use crate::openapi::types::{FirstName, Id, LastName};
    use crate::openapi::types::{field_types, known, one_of, text};

    field_types! {
        Email => text()
            .format(known(KnownFormat::Email))
            .max_length(Some(user::Email::MAX_LENGTH))
            .examples(["ada@example.org"]);
        /// A password that is chosen.
        NewPassword => text()
            .format(known(KnownFormat::Password))
            .min_length(Some(user::Password::MIN_LENGTH))
            .max_length(Some(user::Password::MAX_LENGTH))
            .examples(["correct horse"]);
        /// A password that is compared, with one that may be older than the rules.
        Password => text()
            .format(known(KnownFormat::Password))
            .min_length(Some(1))
            .max_length(Some(user::Password::MAX_LENGTH))
            .examples(["correct horse"]);
        Role => one_of(user::Role::ALL.map(user::Role::as_str));
    }
}

error_responses! {
    TooManySignUps => {
        let limit = RateLimit::SignUps;
        let retry_after = Duration::from_secs(180);
        ApiError::LimitReached { limit, retry_after }
    };
    /// For a field that others may send.
    ForbiddenField => Error::Forbidden { fields: vec!["role"] };
    UserNotFound => Error::NotFound(Resource::User);
    EmailTaken => Error::Duplicate(User::UNIQUE_EMAIL);
    LastAdmin => Error::InvalidState(InvalidState::LastAdmin);
    UserDeleted => Error::InvalidState(InvalidState::Deleted(Resource::User));
    UserNotDeleted => Error::InvalidState(InvalidState::NotDeleted(Resource::User));
}

/// An account as its user, moderators and admins see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullUser {
    #[schema(value_type = types::Id)]
    id: UserId,
    #[schema(value_type = types::Email)]
    email: String,
    #[schema(value_type = types::FirstName)]
    first_name: String,
    #[schema(value_type = types::LastName)]
    last_name: String,
    #[schema(example = "Ada Lovelace")]
    full_name: String,
    #[schema(value_type = types::Role)]
    role: Role,
    /// Whether the user may log in.
    is_active: bool,
    #[schema(required = true)]
    last_login_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Only admins ever see an account that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Timestamp, required = false)]
    deleted_at: Option<Timestamp>,
}

impl From<User> for FullUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            full_name: user.name.full(),
            email: user.email.into(),
            first_name: user.name.first.into(),
            last_name: user.name.last.into(),
            role: user.role,
            is_active: user.is_active,
            last_login_at: user.last_login_at.map(Timestamp),
            created_at: Timestamp(user.created_at),
            updated_at: Timestamp(user.updated_at),
            deleted_at: user.deleted_at.map(Timestamp),
        }
    }
}

/// An account as everybody else sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicUser {
    #[schema(value_type = types::Id)]
    id: UserId,
    #[schema(value_type = types::FirstName)]
    first_name: String,
    #[schema(value_type = types::LastName)]
    last_name: String,
    #[schema(example = "Ada Lovelace")]
    full_name: String,
    created_at: Timestamp,
}

/// An account as the caller may see it, with its latest published posts.
#[derive(Serialize)]
pub(super) struct ProfileAnswer {
    #[serde(flatten)]
    user: Projection,
    posts: Vec<Headline>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Projection {
    Full(FullUser),
    Public(PublicUser),
}

impl ToSchema for ProfileAnswer {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Headlines::name().into_owned(), Headlines::schema()));
        Headlines::schemas(schemas);
        FullUser::schemas(schemas);
    }
}

/// One object, of which everybody sees what is required: of alternatives generators of clients make
/// one, or nothing.
impl PartialSchema for ProfileAnswer {
    fn schema() -> RefOr<Schema> {
        let (RefOr::T(Schema::Object(mut profile)), RefOr::T(Schema::Object(public))) =
            (FullUser::schema(), PublicUser::schema())
        else {
            return FullUser::schema();
        };
        let posts = "posts".to_owned();
        profile.description = Some(
            "An account with its latest published posts. What is not required is for the user, \
             moderators and admins."
                .to_owned(),
        );
        profile.required = public.required;
        profile.required.push(posts.clone());
        let headlines = Ref::from_schema_name(Headlines::name());
        profile.properties.insert(posts, headlines.into());
        Schema::Object(profile).into()
    }
}

/// The posts of a profile, with their bound.
struct Headlines;

impl ToSchema for Headlines {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Headline::name().into_owned(), Headline::schema()));
        Headline::schemas(schemas);
    }
}

impl PartialSchema for Headlines {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(Headline::name()))
            .max_items(Some(Profile::POSTS.into()))
            .into()
    }
}

impl From<Profile> for ProfileAnswer {
    fn from(profile: Profile) -> Self {
        let user = match profile.user {
            UserView::Full(user) => Projection::Full(user.into()),
            UserView::Public(user) => Projection::Public(PublicUser {
                id: user.id,
                full_name: user.name.full(),
                first_name: user.name.first.into(),
                last_name: user.name.last.into(),
                created_at: Timestamp(user.created_at),
            }),
        };
        Self {
            user,
            posts: profile.posts.into_iter().map(Headline::from).collect(),
        }
    }
}

/// The answer that shows a whole account.
pub(super) fn show(user: User) -> Result<Tagged, ApiError> {
    Tagged::new(user.version, &FullUser::from(user))
}
