//! The log: what the program says to those who operate it, on standard error; and
//! with the feature `otel` its spans, for those who collect them.
//!
//! Standard error may block: whoever reads it may stop, and a pipe is soon full. So a thread of
//! its own writes the log, and lines for which there is no room are dropped and counted.

#[cfg(feature = "otel")]
pub mod otel;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::panic;

use tracing::field::display;
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, error, warn};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::failure::Failure;
use crate::patience::if_possible;

/// How many lines wait for standard error at most. They have some hundred bytes each.
const MAX_LINES: usize = 8192;

/// What has to be seen to at the end of the process.
pub struct Telemetry {
    /// The lines that were dropped.
    pub dropped: DroppedLines,
    log: WorkerGuard,
    #[cfg(feature = "otel")]
    exporter: Option<otel::Exporter>,
}

/// Begins to log, panics too, for the rest of the process. Each line carries the
/// fields of the spans that it is in, the request's id among them.
///
/// # Errors
///
/// [`Failure::Usage`] where spans are to be exported and cannot be.
pub fn init(config: &LogConfig) -> Result<Telemetry, Failure> {
    // As https://no-color.org has it: set and not empty.
    let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_colourful = io::stderr().is_terminal() && !is_plain;
    let (writer, log, dropped) = in_background(io::stderr(), MAX_LINES);
    let subscriber = subscriber(config, writer, is_colourful);
    #[cfg(feature = "otel")]
    let exporter = otel::Exporter::from_environment()?;
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(exporter.as_ref().map(|exporter| {
        exporter
            .layer()
            .with_filter(Targets::new().with_target("hexpress", LevelFilter::INFO))
    }));
    subscriber.init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(display);
        error!(panic = panic.payload_as_str(), place, "panicked");
    }));
    Ok(Telemetry {
        dropped,
        log,
        #[cfg(feature = "otel")]
        exporter,
    })
}

impl Telemetry {
    /// Sends and writes what has been collected.
    pub fn finish(self) {
        #[cfg(feature = "otel")]
        if let Some(exporter) = &self.exporter {
            exporter.finish();
        }
        // It has limits of its own, beyond which it complains on standard output, which may
        // block too.
        if_possible(move || drop(self.log));
    }
}

/// How many lines of the log were dropped since the start.
#[derive(Debug, Clone)]
pub struct DroppedLines {
    counter: ErrorCounter,
    /// Of how many the log has told.
    told: usize,
}

impl DroppedLines {
    /// All of them.
    pub fn count(&self) -> usize {
        self.counter.dropped_lines()
    }

    /// Tells the log of those that it has not been told of. That line may be dropped too, and
    /// makes one more to be told of.
    pub fn tell(&mut self) {
        let total = self.count();
        if total > self.told {
            self.told = total;
            warn!(total, "lines of the log were dropped");
        }
    }
}

/// A writer that never blocks, and what writes behind it: so many lines wait at most.
fn in_background(
    writer: impl Write + Send + 'static,
    max_lines: usize,
) -> (NonBlocking, WorkerGuard, DroppedLines) {
    let (writer, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(max_lines)
        .thread_name("log")
        .finish(writer);
    let counter = writer.error_counter();
    (writer, worker, DroppedLines { counter, told: 0 })
}

fn subscriber<W>(
    config: &LogConfig,
    writer: W,
    is_colourful: bool,
) -> impl Subscriber + for<'a> LookupSpan<'a> + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Pretty => lines.with_ansi(is_colourful).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
    };
    // Libraries speak only of what goes wrong.
    let filter = Targets::new()
        .with_default(config.level.min(LevelFilter::WARN))
        .with_target("hexpress", config.level);
    tracing_subscriber::registry().with(lines.with_filter(filter))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::sync::mpsc;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use serde_json::Value;
    use tracing::{info, info_span, subscriber::with_default, warn};

    use super::*;

    fn logged(format: LogFormat, level: LevelFilter, act: impl FnOnce()) -> String {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Arc::new(file.try_clone().unwrap());
        with_default(subscriber(&LogConfig { format, level }, writer, false), act);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    /// Whoever reads it has stopped for as long as the sender lives.
    struct Stalled(mpsc::Receiver<()>, Arc<Mutex<String>>);

    impl Write for Stalled {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.recv().ok();
            self.1
                .lock()
                .unwrap()
                .push_str(std::str::from_utf8(text).unwrap());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stops_holds_up_nobody_and_is_told_what_it_missed() {
        let read = Arc::new(Mutex::new(String::new()));
        let (stall, stalled) = mpsc::channel();
        let (writer, worker, mut dropped) = in_background(Stalled(stalled, Arc::clone(&read)), 4);
        let (format, level) = (LogFormat::Json, LevelFilter::INFO);
        with_default(
            subscriber(&LogConfig { format, level }, writer, false),
            || {
                dropped.tell();
                (0..100).for_each(|_| info!("said"));
                // Four wait, and one may be being written.
                let missed = dropped.count();
                assert!((95..=96).contains(&missed), "{missed}");
                drop(stall);
                while read.lock().unwrap().lines().count() < 100 - missed {
                    thread::yield_now();
                }
                dropped.tell();
                dropped.tell();
                drop(worker);
                let read = read.lock().unwrap();
                assert_eq!(read.matches("were dropped").count(), 1, "{read}");
                assert!(read.contains(&format!("\"total\":{missed}")), "{read}");
            },
        );
    }

    #[test]
    fn each_json_line_carries_the_fields_of_its_spans() {
        let text = logged(LogFormat::Json, LevelFilter::INFO, || {
            let _request = info_span!("request", request_id = "r-1").entered();
            let _query = info_span!("query").entered();
            info!(rows = 3, "found");
        });
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line.get("message").unwrap(), "found");
        assert_eq!(line.get("rows").unwrap(), 3);
        assert_eq!(line.pointer("/spans/0/request_id").unwrap(), "r-1");
    }

    #[test]
    fn each_line_for_people_carries_the_fields_of_its_spans() {
        let text = logged(LogFormat::Pretty, LevelFilter::INFO, || {
            let _request = info_span!("request", request_id = "r-1").entered();
            info!("found");
        });
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("r-1") && text.contains("found"), "{text}");
    }

    #[test]
    fn libraries_speak_only_of_what_goes_wrong() {
        let text = logged(LogFormat::Pretty, LevelFilter::DEBUG, || {
            info!(target: "hyper", "chatter");
            warn!(target: "hyper", "trouble");
            info!(target: "hexpress_infra", "statement");
        });
        assert!(!text.contains("chatter"), "{text}");
        assert!(
            text.contains("trouble") && text.contains("statement"),
            "{text}"
        );
    }
}
