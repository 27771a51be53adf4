//! What commands print.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

const BAR: &str = "{msg:24} [{bar:40}] {human_pos} of {human_len}, {eta} left";

/// In how many steps progress is shown where there is no terminal.
const STEPS: u64 = 10;

/// Prints to standard output. Whoever reads it may stop at any time.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// How far a long task has come, on standard error: a bar on a terminal, a line now
/// and then elsewhere.
pub struct Progress {
    what: String,
    total: u64,
    done: u64,
    last_shown: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// So many of something are to be done.
    pub fn start(what: &str, total: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total).with_message(what.to_owned());
            // The template is ours; without it, the bar looks as indicatif likes it.
            match ProgressStyle::with_template(BAR) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self {
            what: what.to_owned(),
            total,
            done: 0,
            last_shown: 0,
            bar,
        }
    }

    /// So many are done by now.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        let step = self.done.saturating_mul(STEPS) / self.total.max(1);
        if step > self.last_shown {
            self.last_shown = step;
            // Where nobody listens there is nobody to tell.
            writeln!(io::stderr(), "{}: {done} of {}", self.what, self.total).ok();
        }
    }

    /// So many more are done.
    pub fn advance(&mut self, count: u64) {
        self.reach(self.done.saturating_add(count));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
