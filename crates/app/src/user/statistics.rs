use hexpress_domain::post::{MonthlyPosts, StatusCount};
use hexpress_domain::user::UserId;

use super::UserService;
use crate::Error;
use crate::permissions::operations::ReadStatistics;
use crate::permissions::{self, Permit};

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
        who: &Permit<ReadStatistics>,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, Error> {
        self.permit_statistics(who, author_id).await?;
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
        who: &Permit<ReadStatistics>,
        author_id: UserId,
    ) -> Result<Vec<MonthlyPosts>, Error> {
        self.permit_statistics(who, author_id).await?;
        let months = self
            .ports
            .posts
            .count_by_month(author_id, MonthlyPosts::MONTHS);
        Ok(months.await?)
    }

    async fn permit_statistics(
        &self,
        who: &Permit<ReadStatistics>,
        author_id: UserId,
    ) -> Result<(), Error> {
        let actor = who.actor();
        let author = self.visible(actor, author_id).await?;
        permissions::permit_statistics(actor, &author)
    }
}
