use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::limits::ConnectionLimits;

/// How long a connection is kept on which no request has begun once the server
/// closes: one may be on its way that was sent before its client could know.
pub(super) const CLOSING_GRACE: Duration = Duration::from_millis(500);

/// How long a connection is kept on which no request has begun while others wait for its
/// place, or soon will.
const CROWDED_IDLENESS: Duration = Duration::from_secs(1);

/// How long a client may let the server wait for each byte of an answer that it takes: 32 KiB
/// in a second.
const TIME_FOR_BYTE: Duration = Duration::from_nanos(1_000_000_000_u64.div_ceil(32 * 1024));

/// Keeps the time of one connection: what it waits for, and until when it may.
#[derive(Clone)]
pub struct Pace {
    limits: ConnectionLimits,
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// When the client must have sent what the phase waits for.
    read_by: Option<Instant>,
    /// When the client must have taken some more of the answer, where it is waited for.
    write_by: Option<Instant>,
    /// How long it may be waited for from then on when it is not now. Waiting uses this up,
    /// and what the client takes makes it longer again, up to `write_stall`. So an answer takes
    /// at most that and its length at the least pace, in whatever pieces it is taken.
    patience: Duration,
    closing: bool,
    crowded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No request has begun.
    Idle,
    /// Some of a request's head is here.
    Head,
    /// A request is being answered; its own limits hold.
    Request,
    /// The last answer is out, and the client may end the connection.
    Lingering,
}

impl Pace {
    /// The pace of a connection that begins now.
    pub fn new(limits: ConnectionLimits) -> Self {
        let state = State {
            phase: Phase::Idle,
            read_by: Some(Instant::now() + limits.header_read),
            write_by: None,
            patience: limits.write_stall,
            closing: false,
            crowded: false,
        };
        Self {
            limits,
            state: Arc::new(watch::Sender::new(state)),
        }
    }

    /// Bytes have come in.
    pub fn has_read(&self) {
        self.state.send_if_modified(|state| {
            let begins = state.phase == Phase::Idle;
            if begins {
                state.phase = Phase::Head;
                let wait = if state.closing {
                    CLOSING_GRACE
                } else {
                    self.limits.header_read
                };
                state.read_by = Some(Instant::now() + wait);
            }
            begins
        });
    }

    /// Bytes have gone out: all that there were, or some. A connection is idle only from the
    /// last one on.
    pub fn has_written(&self, bytes: usize, is_all: bool) {
        self.state.send_if_modified(|state| {
            let is_late_part = state.phase == Phase::Idle;
            if is_late_part {
                state.read_by = Some(self.end_of_idleness(state));
            }
            let (now, before) = (Instant::now(), state.write_by);
            let left = before.map_or(state.patience, |by| by.saturating_duration_since(now));
            let more = TIME_FOR_BYTE.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
            state.patience = left.saturating_add(more).min(self.limits.write_stall);
            state.write_by = (!is_all).then(|| now + state.patience);
            state.write_by != before || is_late_part
        });
    }

    /// The client takes no bytes just now.
    pub fn cannot_write(&self) {
        self.state.send_if_modified(|state| {
            let begins = state.write_by.is_none();
            if begins {
                state.write_by = Some(Instant::now() + state.patience);
            }
            begins
        });
    }

    /// A request's head is complete.
    pub fn request_begins(&self) {
        self.state.send_modify(|state| {
            state.phase = Phase::Request;
            state.read_by = None;
            state.patience = self.limits.write_stall;
        });
    }

    /// The whole answer has been handed over to be written.
    pub fn request_ends(&self) {
        self.state.send_modify(|state| {
            state.phase = Phase::Idle;
            state.read_by = Some(self.end_of_idleness(state));
        });
    }

    /// The server closes: no request is waited for any longer than
    /// [`CLOSING_GRACE`]. One whose head is not complete has not begun.
    pub fn close(&self) {
        self.state.send_modify(|state| {
            state.closing = true;
            if matches!(state.phase, Phase::Idle | Phase::Head) {
                let by = Instant::now() + CLOSING_GRACE;
                state.read_by = state.read_by.map(|read_by| read_by.min(by));
            }
        });
    }

    /// Places for connections become scarce, or no longer are: then none is kept idle for
    /// longer than [`CROWDED_IDLENESS`].
    pub fn set_crowded(&self, crowded: bool) {
        self.state.send_if_modified(|state| {
            state.crowded = crowded;
            let is_idle = crowded && state.phase == Phase::Idle;
            if is_idle {
                let by = Instant::now() + CROWDED_IDLENESS;
                state.read_by = state.read_by.map(|read_by| read_by.min(by));
            }
            is_idle
        });
    }

    /// Nothing more goes out, and what comes in is thrown away.
    pub fn lingers(&self) {
        self.state.send_modify(|state| {
            state.phase = Phase::Lingering;
            state.read_by = Some(Instant::now() + self.limits.linger);
        });
    }

    /// Whether a request has begun whose answer is not all out.
    pub fn owes_an_answer(&self) -> bool {
        let state = self.state.borrow();
        let is_late_part = state.phase != Phase::Lingering && state.write_by.is_some();
        state.phase == Phase::Request || is_late_part
    }

    /// Returns when the connection has waited for too long.
    pub async fn exceeded(&self) {
        let mut state = self.state.subscribe();
        loop {
            let State {
                read_by, write_by, ..
            } = *state.borrow_and_update();
            let limit_reached = async {
                // While the client takes its time over an answer it is not due to ask.
                match write_by.or(read_by) {
                    Some(limit) => sleep_until(limit).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = limit_reached => return,
                Ok(()) = state.changed() => {}
            }
        }
    }

    fn end_of_idleness(&self, state: &State) -> Instant {
        let wait = if state.closing {
            CLOSING_GRACE
        } else if state.crowded {
            CROWDED_IDLENESS.min(self.limits.keep_alive)
        } else {
            self.limits.keep_alive
        };
        Instant::now() + wait
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace() -> Pace {
        Pace::new(ConnectionLimits {
            header_read: 5 * SECOND,
            keep_alive: 10 * SECOND,
            write_stall: 60 * SECOND,
            linger: SECOND,
        })
    }

    /// How long the connection is still waited for.
    async fn rest(pace: &Pace) -> Duration {
        let now = Instant::now();
        pace.exceeded().await;
        now.elapsed()
    }

    /// Timers are kept in whole milliseconds, rounded up.
    const CLOSING: std::ops::RangeInclusive<Duration> =
        CLOSING_GRACE..=CLOSING_GRACE.saturating_add(Duration::from_millis(1));

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_not_complete_keeps_no_server_from_closing() {
        let begun = pace();
        begun.has_read();
        begun.close();
        assert!(!begun.owes_an_answer());
        assert!(CLOSING.contains(&rest(&begun).await));

        let begins = pace();
        begins.close();
        begins.has_read();
        assert!(CLOSING.contains(&rest(&begins).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_owed_its_answer_until_all_of_it_is_out() {
        let pace = pace();
        pace.has_read();
        pace.request_begins();
        assert!(pace.owes_an_answer());
        pace.request_ends();
        pace.cannot_write();
        assert!(pace.owes_an_answer());
        pace.has_written(1, true);
        assert!(!pace.owes_an_answer());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_single_bytes_is_not_waited_for() {
        let pace = pace();
        pace.request_begins();
        pace.cannot_write();
        advance(30 * SECOND).await;
        pace.has_written(1, false);
        assert_eq!(rest(&pace).await.as_secs(), 30);

        pace.has_written(64 * 1024, false);
        assert_eq!(rest(&pace).await.as_secs(), 2);
        pace.has_written(64 * 1024 * 1024, false);
        assert_eq!(rest(&pace).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_piece_after_piece_must_keep_a_pace() {
        let pace = pace();
        pace.request_begins();
        for _ in 0..2 {
            pace.cannot_write();
            advance(25 * SECOND).await;
            pace.has_written(64 * 1024, true);
        }
        pace.cannot_write();
        // 60 s, less 50, and 2 for each piece.
        assert_eq!(rest(&pace).await.as_secs(), 14);

        // The time that the server itself takes does not count.
        pace.has_written(64 * 1024, true);
        advance(25 * SECOND).await;
        pace.cannot_write();
        assert_eq!(rest(&pace).await.as_secs(), 2);

        pace.has_written(1, true);
        pace.request_begins();
        pace.cannot_write();
        assert_eq!(rest(&pace).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_given_up_where_places_are_scarce() {
        let idle = pace();
        idle.request_begins();
        idle.request_ends();
        idle.set_crowded(true);
        assert_eq!(rest(&idle).await.as_secs(), 1);

        let answered = pace();
        answered.request_begins();
        answered.set_crowded(true);
        assert!(timeout(60 * SECOND, rest(&answered)).await.is_err());
        answered.request_ends();
        assert_eq!(rest(&answered).await.as_secs(), 1);

        idle.set_crowded(false);
        idle.request_begins();
        idle.request_ends();
        assert_eq!(rest(&idle).await.as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn idleness_begins_with_the_last_byte() {
        let pace = pace();
        pace.request_begins();
        pace.request_ends();
        pace.cannot_write();
        advance(30 * SECOND).await;
        pace.has_written(1, true);
        assert_eq!(rest(&pace).await.as_secs(), 10);
    }
}
