//! Accounts.

use chrono::{DateTime, Utc};
use hexpress_domain::list::{Direction, Search, Sort as _};
use hexpress_domain::post::{MonthlyPosts, PostId, PostStatus, Slug, StatusCount, Title};
use hexpress_domain::user::{
    Email, FirstName, LastName, NewUser, Role, UserId, UserPatch, UserSort,
};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::list::{Filters, Page, Part, Things, filter};
use crate::{Client, EntityTag, Error, Tagged};

const PATH: &str = "users";

/// What can be done with accounts. See [`Client::users`].
#[derive(Debug, Clone, Copy)]
pub struct Users<'a>(&'a Client);

/// An account, as its user, moderators and admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address to log in with.
    pub email: Email,
    /// The first name.
    pub first_name: FirstName,
    /// The last name, which may be empty.
    pub last_name: LastName,
    /// Both, with no trailing blank.
    pub full_name: String,
    /// What the user is trusted with.
    pub role: Role,
    /// Whether the user may log in.
    pub is_active: bool,
    /// When the user last logged in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When the user signed up.
    pub created_at: DateTime<Utc>,
    /// When the user was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the user was deleted, if so. Only admins ever see such a user.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// An account as the caller may see it, with its latest published posts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Profile {
    /// The id.
    pub id: UserId,
    /// The first name.
    pub first_name: FirstName,
    /// The last name, which may be empty.
    pub last_name: LastName,
    /// Both, with no trailing blank.
    pub full_name: String,
    /// When the user signed up.
    pub created_at: DateTime<Utc>,
    /// The address; for the user, moderators and admins.
    pub email: Option<Email>,
    /// What the user is trusted with; for the user, moderators and admins.
    pub role: Option<Role>,
    /// Whether the user may log in; for the user, moderators and admins.
    pub is_active: Option<bool>,
    /// The posts that were published last, newest first, at most five.
    pub posts: Vec<Headline>,
}

/// A post in its author's profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Headline {
    /// The post's id.
    pub id: PostId,
    /// Its title.
    pub title: Title,
    /// What stands for it in its URL.
    pub slug: Slug,
    /// When it was first published.
    pub published_at: DateTime<Utc>,
}

/// Which accounts to list, and how. For moderators and admins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListUsers {
    /// Only users whose email, first or last name contain this, in any case.
    pub search: Option<Search>,
    /// Only users of this role.
    pub role: Option<Role>,
    /// Only users who are, or are not, active.
    pub is_active: Option<bool>,
    /// By admins: the deleted users in place of the live ones.
    pub deleted: bool,
    /// What the list is ordered by.
    pub sort: UserSort,
    /// The direction of the order.
    pub direction: Direction,
    /// Which part of the list.
    pub part: Part,
}

impl ListUsers {
    fn filters(&self) -> Filters {
        let mut filters = vec![
            ("sortBy", self.sort.as_str().to_owned()),
            ("order", self.direction.as_str().to_owned()),
        ];
        filter(
            &mut filters,
            "search",
            self.search.as_ref().map(Search::folded),
        );
        filter(&mut filters, "role", self.role);
        filter(&mut filters, "isActive", self.is_active);
        filter(&mut filters, "deleted", self.deleted.then_some(true));
        filters
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignUp<'a> {
    email: &'a Email,
    password: &'a str,
    first_name: &'a FirstName,
    last_name: &'a LastName,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Patch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a FirstName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a LastName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountOfStatus {
    status: PostStatus,
    count: u64,
    total_views: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountOfMonth {
    month: DateTime<Utc>,
    post_count: u64,
    total_views: u64,
}

impl Client {
    /// Accounts.
    #[must_use]
    pub const fn users(&self) -> Users<'_> {
        Users(self)
    }
}

impl Users<'_> {
    /// Signs somebody up. Log in afterwards.
    ///
    /// # Errors
    ///
    /// [`DuplicateError`](crate::ErrorCode::DuplicateError) where the email is taken.
    pub async fn sign_up(self, user: &NewUser) -> Result<Tagged<User>, Error> {
        let body = SignUp {
            email: &user.email,
            password: user.password.expose(),
            first_name: &user.name.first,
            last_name: &user.name.last,
        };
        self.0.tagged(&Call::post(PATH).json(&body)?).await
    }

    /// One account, as far as the caller may see it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorCode::NotFound).
    pub async fn read(self, id: UserId) -> Result<Tagged<Profile>, Error> {
        self.0.tagged(&Call::get(format!("{PATH}/{id}"))).await
    }

    /// One page of accounts.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](crate::ErrorCode::Forbidden) for all but moderators and admins.
    pub async fn list(self, list: &ListUsers) -> Result<Page<User>, Error> {
        self.0.page(PATH, list.filters(), &list.part).await
    }

    /// Accounts, over all pages. Its errors are those of [`Self::list`].
    #[must_use]
    pub fn stream(self, list: ListUsers) -> Things<User> {
        self.0.things(PATH, list.filters(), list.part)
    }

    /// Changes an account; with a tag, only in the state that it stands for.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`] for another state, [`DuplicateError`] for an email that is taken,
    /// [`Forbidden`] with the fields that the caller may not send, [`NotFound`].
    ///
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    /// [`DuplicateError`]: crate::ErrorCode::DuplicateError
    /// [`Forbidden`]: crate::ErrorCode::Forbidden
    /// [`NotFound`]: crate::ErrorCode::NotFound
    pub async fn update(
        self,
        id: UserId,
        patch: &UserPatch,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<User>, Error> {
        // Each by name, so that a new field cannot be forgotten here.
        let UserPatch {
            email,
            password,
            current_password,
            first_name,
            last_name,
            role,
            is_active,
        } = patch;
        let body = Patch {
            email: email.as_ref(),
            password: password.as_ref().map(|password| password.expose()),
            current_password: current_password.as_ref().map(|password| password.expose()),
            first_name: first_name.as_ref(),
            last_name: last_name.as_ref(),
            role: *role,
            is_active: *is_active,
        };
        let call = Call::patch(format!("{PATH}/{id}"))
            .json(&body)?
            .if_match(tag);
        self.0.tagged(&call).await
    }

    /// Deletes an account, with its posts and tokens; with a tag, only in the state that it
    /// stands for.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`] for another state, [`InvalidState`] for the last active admin.
    ///
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    /// [`InvalidState`]: crate::ErrorCode::InvalidState
    pub async fn delete(self, id: UserId, tag: Option<&EntityTag>) -> Result<(), Error> {
        self.0
            .done(&Call::delete(format!("{PATH}/{id}")).if_match(tag))
            .await
    }

    /// Undoes a deletion. For admins.
    ///
    /// # Errors
    ///
    /// [`DuplicateError`] where the email is taken by now, [`InvalidState`] for a user who is not
    /// deleted.
    ///
    /// [`DuplicateError`]: crate::ErrorCode::DuplicateError
    /// [`InvalidState`]: crate::ErrorCode::InvalidState
    pub async fn restore(self, id: UserId, tag: Option<&EntityTag>) -> Result<Tagged<User>, Error> {
        self.0
            .tagged(&Call::post(format!("{PATH}/{id}/restore")).if_match(tag))
            .await
    }

    /// How many posts of each status the user has. For the user, moderators and admins.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn statistics(self, id: UserId) -> Result<Vec<StatusCount>, Error> {
        let counts: Vec<CountOfStatus> = self
            .0
            .data(&Call::get(format!("{PATH}/{id}/stats")))
            .await?;
        let counts = counts.into_iter().map(|count| StatusCount {
            status: count.status,
            count: count.count,
            total_views: count.total_views,
        });
        Ok(counts.collect())
    }

    /// The user's published posts by month, newest first, at most [`MonthlyPosts::MONTHS`]. For
    /// the user, moderators and admins.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn analytics(self, id: UserId) -> Result<Vec<MonthlyPosts>, Error> {
        let months: Vec<CountOfMonth> = self
            .0
            .data(&Call::get(format!("{PATH}/{id}/analytics")))
            .await?;
        let months = months.into_iter().map(|month| MonthlyPosts {
            month: month.month,
            post_count: month.post_count,
            total_views: month.total_views,
        });
        Ok(months.collect())
    }
}
