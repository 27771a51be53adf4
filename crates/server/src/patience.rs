//! Patience with what may never end.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the end of the process waits for standard error.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does what nothing depends on and what may block for ever, such as writing to standard error,
/// and waits for it for a second at most.
pub fn if_possible(act: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel::<()>();
    let acting = thread::Builder::new().spawn(move || {
        act();
        drop(done);
    });
    if acting.is_ok() {
        is_done.recv_timeout(PATIENCE).ok();
    }
}
