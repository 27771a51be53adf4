use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
use hexpress_domain::repository::RepositoryError;
use hexpress_testkit::login_guard::{Guards, LIMIT, PROMISES};
use hexpress_testkit::memory::MemoryLoginGuard;
use hexpress_testkit::samples::now;
use tokio::time::sleep;

use crate::assert_found;

struct FaultyGuard {
    guard: MemoryLoginGuard,
    fault: &'static str,
}

async fn guards(fault: &'static str) -> (Guards, ()) {
    let limit = match fault {
        "racing_guesses_do_not_pass_the_limit_together" => LIMIT + 1,
        _ => LIMIT,
    };
    let no_limit = match fault {
        "a_limit_of_nothing_is_no_limit" => LIMIT,
        _ => 0,
    };
    let [limited, unlimited] = [limit, no_limit].map(|limit| {
        let guard = MemoryLoginGuard::new(limit);
        Arc::new(FaultyGuard { guard, fault })
    });
    (Guards { limited, unlimited }, ())
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, guards).await;
}

#[async_trait]
impl LoginGuard for FaultyGuard {
    async fn reserve(&self, mut attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        match self.fault {
            "each_address_has_five_times_as_many" => {
                // Each email brings an address of its own.
                let length = u8::try_from(attempt.email.as_str().len()).unwrap();
                attempt.address = IpAddr::from([198, 51, 100, length]).into();
            }
            "each_email_has_ten_times_as_many_in_an_hour" => {
                let minutes = (attempt.at - now()).num_minutes();
                let email = format!("{minutes}.{}", attempt.email);
                attempt.email = email.parse().unwrap();
            }
            _ => {}
        }
        let again = LoginAttempt {
            email: "refused@example.org".parse().unwrap(),
            ..attempt
        };
        let refused = Reservation::Refused {
            retry_after: Duration::ZERO,
        };
        let outcome = self.guard.reserve(attempt).await?;
        match (outcome, self.fault) {
            (
                Reservation::Granted { .. },
                "a_guess_that_is_granted_to_nobody_does_not_stay_in_flight",
            ) => sleep(Duration::from_millis(1)).await,
            (Reservation::Pending, "guesses_in_flight_take_places_and_refuse_nobody") => {
                return Ok(refused);
            }
            _ => {}
        }
        if matches!(outcome, Reservation::Granted { .. }) {
            return Ok(outcome);
        }
        match self.fault {
            "each_pair_has_its_guesses_in_a_minute" => Ok(refused),
            "a_refused_guess_writes_nothing" => {
                self.guard.reserve(again).await?;
                Ok(outcome)
            }
            _ => Ok(outcome),
        }
    }

    async fn release(&self, attempt: LoginAttempt) {
        let is_lost = match self.fault {
            "a_guess_that_was_right_is_taken_back" => true,
            // It looks for a window that its own time has opened.
            "guesses_may_overtake_each_other" => attempt.at == now(),
            _ => false,
        };
        if !is_lost {
            self.guard.release(attempt).await;
        }
    }

    async fn fail(&self, attempt: LoginAttempt) {
        self.guard.fail(attempt).await;
    }

    fn abandon(&self, attempt: LoginAttempt) {
        if self.fault != "an_abandoned_guess_counts_as_a_wrong_one" {
            self.guard.abandon(attempt);
        }
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        match self.fault {
            "a_sweep_removes_what_bears_on_nothing_alone" => Ok(0),
            _ => self.guard.sweep(now).await,
        }
    }
}
