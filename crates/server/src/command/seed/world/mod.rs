//! Made-up users, posts, products and orders: each follows from the seed and its number alone, so that
//! a second run makes the same ones, and a larger one goes on where a smaller one
//! ended.

mod shop;

use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use hexpress_domain::clock::to_milliseconds;
use hexpress_domain::entity::Version;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{MadeSlug, Post, PostStatus, Title};
use hexpress_domain::user::{Email, PasswordHash, PersonName, Role, User, UserId};
use hexpress_infra::maintenance::seed::{SeedPost, SeedUser};
use serde_json::json;
use uuid::{Builder, Uuid};

use super::people;
use super::prose::{self, weighted};

/// A rule of the domain refuses what was made up: a fault of ours.
pub type Fault = Box<dyn Error + Send + Sync>;

/// When nothing more happens in made-up data, in seconds since 1970: 1 November 2026.
const END: i64 = 1_793_491_200;
/// How long before that users stop signing up and begin to write.
const WRITING: TimeDelta = TimeDelta::days(2 * 365);
/// How long before the end the first user signed up.
const STORY: TimeDelta = TimeDelta::days(3 * 365);

/// Users of each role, out of a thousand.
const ROLES: [(Role, u32); 3] = [(Role::User, 950), (Role::Moderator, 40), (Role::Admin, 10)];

/// Posts of each status, out of a hundred.
const STATUSES: [(PostStatus, u32); 3] = [
    (PostStatus::Published, 72),
    (PostStatus::Draft, 18),
    (PostStatus::Archived, 10),
];

/// What kinds of things there are to be made: each draws from a stream of its own.
#[derive(Clone, Copy)]
enum Kind {
    User,
    Post,
    Product,
    Order,
}

/// All that a seed makes.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    users: u64,
    products: u64,
    password_hash: PasswordHash,
}

impl World {
    /// Of this seed, with so many users to write its posts and to buy so many products,
    /// at least one of each.
    pub fn new(seed: u64, users: u64, products: u64, password_hash: PasswordHash) -> Self {
        Self {
            seed,
            users: users.max(1),
            products: products.max(1),
            password_hash,
        }
    }

    /// The user of this number, from 0. The first three are an admin, a moderator and
    /// a user.
    pub fn user(&self, number: u64) -> Result<SeedUser, Fault> {
        let mut rng = self.rng(Kind::User, number);
        let created_at = between(&mut rng, end() - STORY, end() - WRITING);
        let id = UserId::new(uuid_at(&mut rng, created_at));
        let (first, last) = people::name(&mut rng);
        let name = PersonName {
            first: first.parse()?,
            last: last.parse()?,
        };
        let drawn = weighted(&mut rng, ROLES.into_iter()).unwrap_or_default();
        let is_seldom_inactive = rng.u8(..100) < 97;
        let has_logged_in = rng.u8(..100) < 80;
        let user = User {
            id,
            email: self.email(&name, number)?,
            name,
            role: match number {
                0 => Role::Admin,
                1 => Role::Moderator,
                2 => Role::User,
                _ => drawn,
            },
            is_active: number < 3 || is_seldom_inactive,
            last_login_at: has_logged_in.then(|| between(&mut rng, created_at, end())),
            version: Version::FIRST,
            created_at,
            updated_at: created_at,
            deleted_at: None,
        };
        Ok(SeedUser {
            user,
            password_hash: self.password_hash.clone(),
        })
    }

    /// The post of this number, from 0.
    pub fn post(&self, number: u64) -> Result<SeedPost, Fault> {
        let mut rng = self.rng(Kind::Post, number);
        let created_at = between(&mut rng, end() - WRITING, end());
        let id = PostId::new(uuid_at(&mut rng, created_at));
        let prose = prose::write(&mut rng);
        let title: Title = prose.title.parse()?;
        let status = weighted(&mut rng, STATUSES.into_iter()).unwrap_or_default();
        let soon = (created_at + TimeDelta::days(14)).min(end());
        let first_published_at = between(&mut rng, created_at, soon);
        let published_at = (status != PostStatus::Draft).then_some(first_published_at);
        let is_changed = rng.u8(..3) == 0;
        let last = published_at.unwrap_or(created_at);
        let updated_at = if is_changed {
            between(&mut rng, last, end())
        } else {
            last
        };
        let deleted_at = (rng.u8(..100) == 0).then(|| between(&mut rng, updated_at, end()));
        // Most are read by few, few by many.
        let most_views = 1_u32 << rng.u32(..15);
        let views = rng.u32(..most_views);
        let has_cover = rng.u8(..5) == 0;
        let cover = has_cover.then(|| json!({"width": 1200, "height": 630, "alt": prose.topic}));
        let metadata = json!({
            "language": prose.language.tag,
            "tags": [prose.topic],
            "readingMinutes": 1 + prose.content.chars().count() / 1_000,
            "cover": cover,
        });
        let has_excerpt = rng.u8(..3) > 0;
        let author = rng.u64(..self.users).min(rng.u64(..self.users));
        let stem = MadeSlug::of_title(&title);
        let post = Post {
            id,
            author_id: self.user(author)?.user.id,
            slug: format!("{}-{}-{number}", stem.stem(), self.seed).parse()?,
            is_slug_named: false,
            title,
            excerpt: has_excerpt
                .then(|| prose.first_sentence.parse())
                .transpose()?,
            status,
            published_at,
            metadata: metadata.to_string().parse()?,
            version: Version::FIRST,
            created_at,
            updated_at: deleted_at.unwrap_or(updated_at),
            deleted_at,
        };
        Ok(SeedPost {
            post,
            content: prose.content.try_into()?,
            views: if status == PostStatus::Draft {
                0
            } else {
                views
            },
        })
    }

    /// An address that nobody has: its domain is this seed's own, under a name that
    /// leads nowhere (RFC 2606).
    fn email(&self, name: &PersonName, number: u64) -> Result<Email, Fault> {
        let full: Title = format!("{:3}", name.full())
            .parse()
            .or_else(|_| "user".parse())?;
        let ascii = MadeSlug::of_title(&full).plain().as_str().replace('-', ".");
        Ok(format!("{ascii}.{number}@seed-{}.example", self.seed).parse()?)
    }

    /// What decides about one thing, and about no other.
    fn rng(&self, kind: Kind, number: u64) -> Rng {
        let mut stream = Rng::with_seed(self.seed);
        let stream = (0..=u8::from(kind)).map(|_| stream.u64(..)).last();
        let mixed = Rng::with_seed(number).u64(..);
        Rng::with_seed(stream.unwrap_or_default() ^ mixed)
    }
}

impl From<Kind> for u8 {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => 1,
            Kind::Post => 2,
            Kind::Product => 3,
            Kind::Order => 4,
        }
    }
}

fn end() -> DateTime<Utc> {
    DateTime::from_timestamp(END, 0).unwrap_or_default()
}

fn between(rng: &mut Rng, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
    let span = (to - from).num_milliseconds().max(0);
    to_milliseconds(from + TimeDelta::milliseconds(rng.i64(0..=span)))
}

/// A UUID in the form of version 7 (RFC 9562), so that later ones sort later.
fn uuid_at(rng: &mut Rng, time: DateTime<Utc>) -> Uuid {
    let mut random = [0; 10];
    rng.fill(&mut random);
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests;
