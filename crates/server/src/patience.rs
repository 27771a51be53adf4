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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn what_ends_is_waited_for() {
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        if_possible(move || done.store(true, Ordering::Relaxed));
        assert!(is_done.load(Ordering::Relaxed));
    }

    #[test]
    fn what_blocks_is_not_waited_for_to_its_end() {
        let (go_on, blocked) = mpsc::channel::<()>();
        let (ended, has_ended) = mpsc::channel();
        let (returned, has_returned) = mpsc::channel();
        thread::spawn(move || {
            if_possible(move || {
                blocked.recv().ok();
                ended.send(()).ok();
            });
            returned.send(()).ok();
        });
        has_returned.recv_timeout(PATIENCE * 10).unwrap();
        assert_eq!(has_ended.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(go_on);
        has_ended.recv().unwrap();
    }
}
