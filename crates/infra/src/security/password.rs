use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use hexpress_domain::auth::{HasherError, PasswordHasher, Verification};
use hexpress_domain::repository::Source;
use hexpress_domain::user::{Password, PasswordHash};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The cost of a hash, and how many run and wait at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Settings {
    /// Memory for each hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes, computed one after the other.
    pub parallelism: u32,
    /// How many hashes run at once.
    pub concurrency: usize,
    /// How many more wait for their turn; beyond that a hash is refused.
    pub queue: usize,
}

/// The least that OWASP's Password Storage Cheat Sheet asks for, on half of the machine's cores.
impl Default for Argon2Settings {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            concurrency: (cores / 2).max(1),
            queue: 64,
        }
    }
}

/// The settings are none that argon2 knows (RFC 9106, section 3.1).
#[derive(Debug, thiserror::Error)]
#[error("argon2 does not take these settings: {0}")]
pub struct Argon2SettingsError(argon2::Error);

/// How many hashes run, and how many wait for their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingStatus {
    /// Those that run.
    pub running: usize,
    /// Those that wait.
    pub waiting: usize,
}

/// Hashes passwords with argon2id (RFC 9106) on the runtime's blocking threads.
///
/// A comparison computes one hash with each of the settings that stored hashes are known to
/// have been made with, whichever of them is the user's, and whether or not there is a user:
/// its time tells neither that an email is known nor how old an account is. A password that
/// was sent in another spelling than Unicode form NFKC costs twice that, for every user and
/// for none: the hash may have been made of either.
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    costs: Arc<Costs>,
    settings: Argon2Settings,
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Argon2Hasher {
    /// A hasher with these settings.
    ///
    /// # Errors
    ///
    /// [`Argon2SettingsError`] where argon2 does not take them.
    pub fn new(settings: &Argon2Settings) -> Result<Self, Argon2SettingsError> {
        let params = Params::new(
            settings.memory_kib,
            settings.iterations,
            settings.parallelism,
            None,
        )
        .map_err(Argon2SettingsError)?;
        Ok(Self {
            costs: Arc::new(Costs(Mutex::new(vec![params.clone()]))),
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            settings: *settings,
            running: Arc::new(Semaphore::new(settings.concurrency)),
            places: Arc::new(Semaphore::new(
                settings.concurrency.saturating_add(settings.queue),
            )),
        })
    }

    /// Says that the store holds hashes with the settings of this one, which may lack its
    /// salt and its output (`$argon2id$v=19$m=19456,t=2,p=1`). Otherwise the hasher learns it
    /// from the first comparison with such a hash. What is no hash is passed over.
    pub fn expect(&self, hash: &str) {
        if let Ok(cost) = phc::PasswordHash::new(hash)
            .map_err(Source::from)
            .and_then(|hash| cost(&hash))
        {
            self.costs.add(&cost);
        }
    }

    /// How much there is to do.
    #[must_use]
    pub fn status(&self) -> HashingStatus {
        let Argon2Settings {
            concurrency, queue, ..
        } = self.settings;
        let free = self.running.available_permits();
        let running = concurrency.saturating_sub(free);
        let free = self.places.available_permits();
        let all = concurrency.saturating_add(queue).saturating_sub(free);
        HashingStatus {
            running,
            waiting: all.saturating_sub(running),
        }
    }

    /// Runs a computation on a blocking thread when its turn comes.
    ///
    /// The permits travel with the computation: a request that is cancelled while
    /// its hash runs gives no place away before the hash has ended.
    async fn in_turn<T: Send + 'static>(
        &self,
        compute: impl FnOnce(Argon2<'static>) -> Result<T, Source> + Send + 'static,
    ) -> Result<T, HasherError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| HasherError::Overloaded)?;
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|closed| HasherError::Internal(Box::new(closed)))?;
        let argon2 = self.argon2.clone();
        spawn_blocking(move || {
            let result = compute(argon2);
            drop((turn, place));
            result
        })
        .await
        .map_err(|join| HasherError::Internal(Box::new(join)))?
        .map_err(HasherError::Internal)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HasherError> {
        self.in_turn(move |argon2| {
            let hash = argon2.hash_password(password.normalized().as_bytes())?;
            Ok(PasswordHash::new(hash.to_string()))
        })
        .await
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HasherError> {
        let costs = Arc::clone(&self.costs);
        self.in_turn(move |argon2| {
            compare(
                &argon2,
                &costs,
                &password,
                hash.as_ref(),
                |cost, spelling| {
                    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost)
                        .hash_password(spelling)?;
                    Ok(())
                },
            )
        })
        .await
    }
}

/// The settings of the hashes that are known of, the present ones first. Only operators can
/// add to them, by other settings.
struct Costs(Mutex<Vec<Params>>);

impl Costs {
    fn add(&self, cost: &Params) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !costs.contains(cost) {
            costs.push(cost.clone());
        }
    }

    fn known(&self) -> Vec<Params> {
        let costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        costs.clone()
    }
}

/// The settings that the time of a hash depends on.
fn cost(hash: &phc::PasswordHash) -> Result<Params, Source> {
    let used = Params::try_from(hash)?;
    Ok(Params::new(
        used.m_cost(),
        used.t_cost(),
        used.p_cost(),
        None,
    )?)
}

/// Compares each spelling of a password with a hash, beside a dummy with each of the other
/// settings: the sum is the same for every user and for none.
fn compare(
    argon2: &Argon2<'_>,
    costs: &Costs,
    password: &Password,
    hash: Option<&PasswordHash>,
    mut dummy: impl FnMut(Params, &[u8]) -> Result<(), Source>,
) -> Result<Verification, Source> {
    let hash = hash.map(|hash| phc::PasswordHash::new(hash.expose()));
    let hash = hash.transpose()?;
    let own = hash.as_ref().map(cost).transpose()?;
    if let Some(own) = &own {
        costs.add(own);
    }
    let mut found = Verification::Mismatch;
    for spelling in password.spellings() {
        for cost in costs.known() {
            if own.as_ref() != Some(&cost) {
                dummy(cost, spelling.as_bytes())?;
            }
        }
        let Some(hash) = &hash else { continue };
        let outdated = spelling != password.normalized() || is_outdated(hash, argon2.params())?;
        match argon2.verify_password(spelling.as_bytes(), hash) {
            Ok(()) => found = Verification::Match { outdated },
            Err(password_hash::Error::PasswordInvalid) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn is_outdated(hash: &phc::PasswordHash, present: &Params) -> Result<bool, Source> {
    let used = Params::try_from(hash)?;
    Ok(hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || hash.version != Some(Version::V0x13.into())
        || used.m_cost() < present.m_cost()
        || used.t_cost() < present.t_cost()
        || used.p_cost() < present.p_cost())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const CHEAP: Argon2Settings = Argon2Settings {
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
        concurrency: 1,
        queue: 1,
    };

    fn password(text: &str) -> Password {
        text.parse().unwrap()
    }

    async fn verify(
        hasher: &Argon2Hasher,
        text: &str,
        hash: Option<&PasswordHash>,
    ) -> Verification {
        let outcome = hasher.verify(password(text), hash.cloned()).await;
        outcome.unwrap()
    }

    #[tokio::test]
    async fn knows_its_own_hashes() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(
            verify(&hasher, "correct horse", Some(&hash)).await,
            Verification::Match { outdated: false }
        );
        assert_eq!(
            verify(&hasher, "battery staple", Some(&hash)).await,
            Verification::Mismatch
        );
        assert_ne!(hasher.hash(password("correct horse")).await.unwrap(), hash);
    }

    const COMPOSED: &str = "caf\u{e9} \u{ac01} horse";
    const DECOMPOSED: &str = "cafe\u{301} \u{1100}\u{1161}\u{11a8} \u{ff48}orse";

    #[tokio::test]
    async fn spellings_of_one_password_match_one_hash() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        for chosen in [COMPOSED, DECOMPOSED] {
            let hash = hasher.hash(password(chosen)).await.unwrap();
            for text in [COMPOSED, DECOMPOSED] {
                let outcome = verify(&hasher, text, Some(&hash)).await;
                assert_eq!(outcome, Verification::Match { outdated: false });
            }
            let outcome = verify(&hasher, "cafe \u{ac01} horse", Some(&hash)).await;
            assert_eq!(outcome, Verification::Mismatch);
        }
    }

    #[tokio::test]
    async fn a_hash_of_what_was_sent_is_found_and_outdated() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let former = hasher.argon2.hash_password(DECOMPOSED.as_bytes()).unwrap();
        let former = PasswordHash::new(former.to_string());
        assert_eq!(
            verify(&hasher, DECOMPOSED, Some(&former)).await,
            Verification::Match { outdated: true }
        );
        assert_eq!(
            verify(&hasher, COMPOSED, Some(&former)).await,
            Verification::Mismatch
        );
    }

    #[tokio::test]
    async fn all_of_a_long_password_counts() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let hash = hasher.hash(password(&"a".repeat(100))).await.unwrap();
        let other = format!("{}b", "a".repeat(99));
        assert_eq!(
            verify(&hasher, &other, Some(&hash)).await,
            Verification::Mismatch
        );
    }

    #[tokio::test]
    async fn weaker_settings_are_outdated_and_stronger_are_not() {
        let stronger = Argon2Settings {
            memory_kib: 16,
            iterations: 2,
            ..CHEAP
        };
        let weak = Argon2Hasher::new(&CHEAP).unwrap();
        let strong = Argon2Hasher::new(&stronger).unwrap();
        let weak_hash = weak.hash(password("correct horse")).await.unwrap();
        let strong_hash = strong.hash(password("correct horse")).await.unwrap();
        assert_eq!(
            verify(&strong, "correct horse", Some(&weak_hash)).await,
            Verification::Match { outdated: true }
        );
        assert_eq!(
            verify(&weak, "correct horse", Some(&strong_hash)).await,
            Verification::Match { outdated: false }
        );
    }

    #[tokio::test]
    async fn nobody_matches_nothing() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        assert_eq!(
            verify(&hasher, "correct horse", None).await,
            Verification::Mismatch
        );
    }

    const STRONGER: Argon2Settings = Argon2Settings {
        iterations: 2,
        ..CHEAP
    };

    #[tokio::test]
    async fn every_comparison_costs_the_same_in_every_order_of_settings() {
        for (present, former) in [(STRONGER, CHEAP), (CHEAP, STRONGER)] {
            let hasher = Argon2Hasher::new(&present).unwrap();
            let former = Argon2Hasher::new(&former).unwrap();
            let present = hasher.hash(password("correct horse")).await.unwrap();
            let former = former.hash(password("correct horse")).await.unwrap();
            let (settings, _) = former.expose().rsplit_once("p=1$").unwrap();
            hasher.expect(&format!("{settings}p=1"));
            hasher.expect("no hash");

            // The passes of the hashes that are computed.
            let passes = |text: &str, hash: Option<&PasswordHash>| {
                let mut passes = Vec::new();
                let dummy = |cost: Params, _: &[u8]| {
                    passes.push(cost.t_cost());
                    Ok(())
                };
                let password = password(text);
                compare(&hasher.argon2, &hasher.costs, &password, hash, dummy).unwrap();
                let own = hash.map(|hash| phc::PasswordHash::new(hash.expose()).unwrap());
                let own = own.map(|own| cost(&own).unwrap().t_cost());
                passes.extend(own.into_iter().cycle().take(password.spellings().count()));
                passes.sort_unstable();
                passes
            };
            for hash in [None, Some(&former), Some(&present)] {
                for text in ["battery staple", "correct horse", COMPOSED] {
                    assert_eq!(passes(text, hash), [1, 2]);
                }
                // Right or wrong, and whether or not there is a hash.
                for text in ["\u{ff42}attery staple", "\u{ff43}orrect horse", DECOMPOSED] {
                    assert_eq!(passes(text, hash), [1, 1, 2, 2]);
                }
            }
        }
    }

    #[tokio::test]
    async fn settings_are_learned_from_the_first_hash_that_was_made_with_them() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let former = Argon2Hasher::new(&STRONGER).unwrap();
        let former = former.hash(password("correct horse")).await.unwrap();
        assert_eq!(hasher.costs.known().len(), 1);
        for _ in 0..2 {
            verify(&hasher, "battery staple", Some(&former)).await;
            assert_eq!(hasher.costs.known().len(), 2);
        }
    }

    /// The shortest of several, so that whatever else the machine does counts for nothing.
    async fn shortest(hasher: &Argon2Hasher, text: &str, hash: Option<&PasswordHash>) -> f64 {
        let mut shortest = f64::INFINITY;
        for _ in 0..15 {
            let begin = std::time::Instant::now();
            let outcome = verify(hasher, text, hash).await;
            shortest = shortest.min(begin.elapsed().as_secs_f64());
            assert_eq!(outcome, Verification::Mismatch);
        }
        shortest
    }

    #[tokio::test]
    async fn slow_the_time_tells_no_unknown_email_in_any_order_of_settings() {
        let three = Argon2Settings {
            memory_kib: 4096,
            iterations: 3,
            ..CHEAP
        };
        let four = Argon2Settings {
            iterations: 4,
            ..three
        };
        for (present, former) in [(three, four), (four, three)] {
            let hasher = Argon2Hasher::new(&present).unwrap();
            let former = Argon2Hasher::new(&former).unwrap();
            let former = former.hash(password("correct horse")).await.unwrap();
            hasher.expect(former.expose());
            for text in ["battery staple", DECOMPOSED] {
                let known = shortest(&hasher, text, Some(&former)).await;
                let unknown = shortest(&hasher, text, None).await;
                let ratio = known / unknown;
                assert!((0.85..1.15).contains(&ratio), "{text}: {known} {unknown}");
            }
        }
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_a_fault() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let broken = PasswordHash::new("plain".into());
        let outcome = hasher.verify(password("correct horse"), Some(broken)).await;
        assert!(matches!(outcome, Err(HasherError::Internal(_))));
    }

    #[tokio::test]
    async fn beyond_the_queue_is_refused() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let turn = Arc::clone(&hasher.running).acquire_owned().await.unwrap();
        let mut waiting = [
            hasher.hash(password("correct horse")),
            hasher.hash(password("correct horse")),
        ];
        for hash in &mut waiting {
            assert!(
                std::future::poll_fn(|context| {
                    std::task::Poll::Ready(hash.as_mut().poll(context).is_pending())
                })
                .await
            );
        }
        let refused = hasher.hash(password("correct horse")).await;
        assert!(matches!(refused, Err(HasherError::Overloaded)));
        drop(turn);
        for hash in waiting {
            assert!(hash.await.is_ok());
        }
    }

    #[tokio::test]
    async fn it_says_how_many_run_and_wait() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let status = |running, waiting| HashingStatus { running, waiting };
        assert_eq!(hasher.status(), status(0, 0));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(hasher.in_turn(move |_| Ok(ended.recv()?)));
        assert!(first.as_mut().now_or_never().is_none());
        assert_eq!(hasher.status(), status(1, 0));
        let mut second = hasher.hash(password("correct horse"));
        assert!(second.as_mut().now_or_never().is_none());
        assert_eq!(hasher.status(), status(1, 1));
        end.send(()).unwrap();
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(hasher.status(), status(0, 0));
    }

    #[tokio::test]
    async fn a_cancelled_request_keeps_its_place_until_the_hash_has_ended() {
        let hasher = Argon2Hasher::new(&CHEAP).unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let hash = tokio::time::timeout(
            std::time::Duration::from_millis(20),
            hasher.in_turn(move |_| Ok(ended.recv()?)),
        );
        assert!(hash.await.is_err());
        assert_eq!(hasher.running.available_permits(), 0);
        assert_eq!(hasher.places.available_permits(), 1);
        end.send(()).unwrap();
        let turn = hasher.running.acquire().await;
        assert!(turn.is_ok());
    }

    #[test]
    fn impossible_settings_are_refused() {
        let impossible = Argon2Settings {
            memory_kib: 1,
            ..CHEAP
        };
        assert!(Argon2Hasher::new(&impossible).is_err());
    }
}
