//! What is promised of the counters of guesses at passwords.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};

use crate::promise::{eventually, promises, race};
use crate::samples::{attempt, now};

/// Guesses that each pair of email and address has in a minute.
pub const LIMIT: u32 = 3;

/// Guards that have counted nothing.
pub struct Guards {
    /// One with a limit of [`LIMIT`].
    pub limited: Arc<dyn LoginGuard>,
    /// One with a limit of 0.
    pub unlimited: Arc<dyn LoginGuard>,
}

promises! {
    /// Makes a test of each promise of a [`LoginGuard`].
    ///
    /// Takes a function `async fn() -> (Guards, G)`.
    ///
    /// [`LoginGuard`]: hexpress_domain::auth::LoginGuard
    login_guard_promises of login_guard;
    /// What a [`LoginGuard`] promises.
    for Guards {
        self {
            each_pair_has_its_guesses_in_a_minute,
            each_address_has_five_times_as_many,
            each_email_has_ten_times_as_many_in_an_hour,
            a_refused_guess_writes_nothing,
            racing_guesses_do_not_pass_the_limit_together,
            a_guess_that_was_right_is_taken_back,
            guesses_in_flight_take_places_and_refuse_nobody,
            guesses_may_overtake_each_other,
            an_abandoned_guess_counts_as_a_wrong_one,
            a_guess_that_is_granted_to_nobody_does_not_stay_in_flight,
            a_limit_of_nothing_is_no_limit,
            a_sweep_removes_what_bears_on_nothing_alone,
        }
    }
}

/// A guess, as it was granted.
async fn granted(guards: &Guards, attempt: LoginAttempt) -> Option<LoginAttempt> {
    match guards.limited.reserve(attempt.clone()).await.unwrap() {
        Reservation::Granted { at } => Some(LoginAttempt { at, ..attempt }),
        Reservation::Pending | Reservation::Refused { .. } => None,
    }
}

/// Makes a wrong guess, if it is granted.
async fn is_granted(guards: &Guards, attempt: LoginAttempt) -> bool {
    let granted = granted(guards, attempt).await;
    let is_granted = granted.is_some();
    if let Some(granted) = granted {
        guards.limited.fail(granted).await;
    }
    is_granted
}

async fn is_pending(guards: &Guards, attempt: LoginAttempt) -> bool {
    guards.limited.reserve(attempt).await.unwrap() == Reservation::Pending
}

async fn is_refused(guards: &Guards, attempt: LoginAttempt) -> bool {
    let reservation = guards.limited.reserve(attempt).await.unwrap();
    matches!(reservation, Reservation::Refused { .. })
}

/// The attempt, so many minutes later.
fn after(minutes: i64, attempt: LoginAttempt) -> LoginAttempt {
    LoginAttempt {
        at: attempt.at + TimeDelta::minutes(minutes),
        ..attempt
    }
}

async fn each_pair_has_its_guesses_in_a_minute(guards: &Guards) {
    for _ in 0..LIMIT {
        assert!(is_granted(guards, attempt(1, 1)).await);
    }
    let refused = guards.limited.reserve(attempt(1, 1)).await.unwrap();
    let Reservation::Refused { retry_after } = refused else {
        panic!("granted beyond the limit");
    };
    assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(60));
    assert!(is_granted(guards, attempt(1, 2)).await);
    assert!(is_granted(guards, attempt(2, 1)).await);
    assert!(is_granted(guards, after(1, attempt(1, 1))).await);
}

async fn each_address_has_five_times_as_many(guards: &Guards) {
    for email in 0..5 * LIMIT {
        assert!(is_granted(guards, attempt(email, 1)).await);
    }
    assert!(!is_granted(guards, attempt(1_000, 1)).await);
    assert!(is_granted(guards, attempt(1_000, 2)).await);
    assert!(is_granted(guards, after(1, attempt(1_000, 1))).await);
}

async fn each_email_has_ten_times_as_many_in_an_hour(guards: &Guards) {
    for address in 0..30 {
        assert!(is_granted(guards, attempt(1, address)).await);
    }
    assert!(!is_granted(guards, attempt(1, 200)).await);
    assert!(!is_granted(guards, after(59, attempt(1, 200))).await);
    assert!(is_granted(guards, after(60, attempt(1, 200))).await);
}

/// What the pair refuses is not counted for the address or the email either.
async fn a_refused_guess_writes_nothing(guards: &Guards) {
    for _ in 0..LIMIT {
        assert!(is_granted(guards, attempt(1, 1)).await);
    }
    for _ in 0..10 * LIMIT {
        assert!(!is_granted(guards, attempt(1, 1)).await);
    }
    for email in 2..2 + 4 * LIMIT {
        assert!(is_granted(guards, attempt(email, 1)).await);
    }
    for address in 2..29 {
        assert!(is_granted(guards, attempt(1, address)).await);
    }
    assert!(!is_granted(guards, attempt(1, 200)).await);
}

async fn racing_guesses_do_not_pass_the_limit_together(guards: &Guards) {
    let outcomes = race((0..30).map(|_| {
        let guard = Arc::clone(&guards.limited);
        async move { guard.reserve(attempt(1, 1)).await.unwrap() }
    }))
    .await;
    let granted = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Reservation::Granted { .. }));
    assert_eq!(granted.count(), 3);
    // A refused guess was counted nowhere.
    for address in 2..29 {
        assert!(is_granted(guards, attempt(1, address)).await);
    }
    assert!(is_pending(guards, attempt(1, 200)).await);
}

async fn a_guess_that_was_right_is_taken_back(guards: &Guards) {
    for _ in 0..20 * LIMIT {
        let granted = granted(guards, attempt(1, 1)).await.unwrap();
        guards.limited.release(granted).await;
    }
}

async fn guesses_in_flight_take_places_and_refuse_nobody(guards: &Guards) {
    let mut flying = Vec::new();
    for _ in 0..LIMIT {
        flying.push(granted(guards, attempt(1, 1)).await.unwrap());
    }
    assert!(is_pending(guards, attempt(1, 1)).await);
    // One that was right makes room for another, one that was wrong does not.
    guards.limited.release(flying.pop().unwrap()).await;
    flying.push(granted(guards, attempt(1, 1)).await.unwrap());
    for guess in flying {
        assert!(is_pending(guards, attempt(1, 1)).await);
        guards.limited.fail(guess).await;
    }
    assert!(is_refused(guards, attempt(1, 1)).await);
    // What flew in a window that has ended is nothing to the next one.
    let later = granted(guards, after(1, attempt(1, 1))).await.unwrap();
    guards.limited.fail(attempt(1, 1)).await;
    guards.limited.fail(later).await;
    for _ in 1..LIMIT {
        assert!(is_granted(guards, after(1, attempt(1, 1))).await);
    }
    assert!(!is_granted(guards, after(1, attempt(1, 1))).await);
}

/// A guess of an earlier time comes after one that has opened a window.
async fn guesses_may_overtake_each_other(guards: &Guards) {
    let [earlier, later] = [0, 30].map(|seconds| LoginAttempt {
        at: attempt(1, 1).at + TimeDelta::seconds(seconds),
        ..attempt(1, 1)
    });
    for _ in 1..LIMIT {
        let wrong = granted(guards, later.clone()).await.unwrap();
        let right = granted(guards, earlier.clone()).await.unwrap();
        guards.limited.release(right).await;
        guards.limited.fail(wrong).await;
    }
    assert!(is_granted(guards, later.clone()).await);
    assert!(is_refused(guards, later).await);
    assert!(is_granted(guards, after(1, earlier)).await);
}

async fn an_abandoned_guess_counts_as_a_wrong_one(guards: &Guards) {
    for _ in 0..LIMIT {
        let granted = granted(guards, attempt(1, 1)).await.unwrap();
        guards.limited.abandon(granted);
    }
    eventually("that abandoned guesses were wrong", async || {
        is_refused(guards, attempt(1, 1)).await.then_some(())
    })
    .await;
}

async fn a_guess_that_is_granted_to_nobody_does_not_stay_in_flight(guards: &Guards) {
    // Each is given up a little later than the one before.
    for milliseconds in 0..10 {
        for address in 0..10 {
            let guess = is_granted(guards, attempt(1, address));
            let patience = Duration::from_millis(milliseconds);
            // What has become of it is seen below.
            let _gone = tokio::time::timeout(patience, guess).await;
        }
    }
    for address in 0..10 {
        eventually("that no guess is in flight", async || {
            while is_granted(guards, attempt(1, address)).await {}
            is_refused(guards, attempt(1, address)).await.then_some(())
        })
        .await;
    }
}

async fn a_limit_of_nothing_is_no_limit(guards: &Guards) {
    for _ in 0..100 {
        let outcome = guards.unlimited.reserve(attempt(1, 1)).await.unwrap();
        assert!(matches!(outcome, Reservation::Granted { .. }));
    }
}

async fn a_sweep_removes_what_bears_on_nothing_alone(guards: &Guards) {
    let sweep = async |minutes| {
        let at = now() + TimeDelta::minutes(minutes);
        guards.limited.sweep(at).await.unwrap()
    };
    for address in 0..30 {
        assert!(is_granted(guards, attempt(1, address)).await);
    }
    assert_eq!(sweep(0).await, 0);
    assert!(sweep(1).await > 0, "the minutes are over");
    assert_eq!(sweep(1).await, 0);
    assert!(!is_granted(guards, after(59, attempt(1, 200))).await);
    assert!(sweep(60).await > 0, "the hour is over");
    assert_eq!(sweep(60).await, 0);
}
