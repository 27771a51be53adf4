use hexpress_domain::auth::Actor;
use hexpress_domain::post::{MonthlyPosts, StatusCount};
use hexpress_domain::user::UserId;

use super::UserService;
use crate::Error;
use crate::permissions::{self, Operation};

impl UserService {
    /// How many live posts of an author have each status, and how often they were
    /// read: all statuses, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where the actor sees no such user; [`Error::Unauthenticated`]
    /// and [`Error::Forbidden`] for all but the author, moderators and admins.
    pub async fn statistics(
        &self,
        actor: &Actor,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, Error> {
        self.permit_statistics(actor, author_id).await?;
        let counts = self.ports.posts.count_by_status(author_id).await?;
        Ok(StatusCount::of_all(&counts))
    }

    /// The newest months that hold a published post of an author, newest first, at
    /// most [`MonthlyPosts::MONTHS`].
    ///
    /// # Errors
    ///
    /// As [`Self::statistics`].
    pub async fn analytics(
        &self,
        actor: &Actor,
        author_id: UserId,
    ) -> Result<Vec<MonthlyPosts>, Error> {
        self.permit_statistics(actor, author_id).await?;
        let months = self
            .ports
            .posts
            .count_by_month(author_id, MonthlyPosts::MONTHS);
        Ok(months.await?)
    }

    async fn permit_statistics(&self, actor: &Actor, author_id: UserId) -> Result<(), Error> {
        permissions::permit(actor, Operation::ReadStatistics)?;
        let author = self.visible(actor, author_id).await?;
        permissions::permit_statistics(actor, &author)
    }
}
