use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, resume_unwind};

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::runtime::Builder;

type Check<S> = for<'a> fn(&'a S) -> LocalBoxFuture<'a, ()>;

/// One promise of a port, and the test that finds out whether an adapter keeps it.
///
/// `S` holds the ports that the test begins with: empty, and nobody else's.
pub struct Promise<S> {
    name: &'static str,
    check: Check<S>,
}

/// A promise that an adapter has not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name of the promise.
    pub promise: &'static str,
    /// What the test saw.
    pub reason: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.reason)
    }
}

impl Error for Broken {}

impl<S> Promise<S> {
    pub(crate) const fn new(name: &'static str, check: Check<S>) -> Self {
        Self { name, check }
    }

    /// What is promised, as the name of a test. A name that begins with `slow_` is
    /// that of a test that fills a store with thousands of rows, or lets hundreds of
    /// calls race.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the test takes seconds on a database.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.name.starts_with("slow_")
    }

    /// Tests an adapter, which `open` makes anew, together with whatever must live as
    /// long as it does.
    ///
    /// # Errors
    ///
    /// [`Broken`], where the adapter does not keep the promise.
    pub async fn check<G>(&self, open: impl AsyncFnOnce() -> (S, G)) -> Result<(), Broken> {
        let outcome = AssertUnwindSafe(self.run(open)).catch_unwind().await;
        outcome.map_err(|panic| Broken {
            promise: self.name,
            reason: reason(&*panic),
        })
    }
}

impl<S> Promise<S> {
    /// Panics where the promise is not kept.
    async fn run<G>(&self, open: impl AsyncFnOnce() -> (S, G)) {
        let (stores, guard) = open().await;
        // In the order in which they are dropped, last to first.
        let _guard = guard;
        let stores = stores;
        (self.check)(&stores).await;
    }
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the test panicked".to_owned())
}

/// Tests an adapter for each of these promises and returns those that it breaks.
///
/// `open` makes the adapter anew for each, together with whatever must live as long as
/// it does: a temporary directory, a server, or `()`. Must be called on a runtime of
/// tokio.
pub async fn broken<'a, S: 'a, G>(
    promises: impl IntoIterator<Item = &'a Promise<S>>,
    open: impl AsyncFn() -> (S, G),
) -> Vec<Broken> {
    let mut broken = Vec::new();
    for promise in promises {
        broken.extend(promise.check(&open).await.err());
    }
    broken
}

/// Tests an adapter for the promise of this name, on a runtime with several threads:
/// what the macros make tests of.
///
/// # Panics
///
/// If the adapter does not keep the promise, with what the test saw.
pub fn test<S, G>(promises: &[Promise<S>], name: &str, open: impl AsyncFnOnce() -> (S, G)) {
    let promise = promises.iter().find(|promise| promise.name == name);
    let promise = promise.unwrap_or_else(|| panic!("no promise is called {name}"));
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .expect("the tests need threads");
    runtime.block_on(promise.run(open));
}

/// Enough for calls to overtake each other.
const THREADS: usize = 4;

/// Runs all futures at once and waits for all of them.
pub(crate) async fn race<T, F>(futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        match task.await {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => resume_unwind(error.into_panic()),
        }
    }
    outcomes
}

/// Asks until there is an answer: what an adapter does beside the call takes a while.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(BETWEEN_QUESTIONS).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => panic!("{what} cannot be seen after {PATIENCE:?}"),
    }
}

const BETWEEN_QUESTIONS: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes the table of a port's promises and the macro that makes a test of each.
macro_rules! promises {
    (
        $(#[$of_the_macro:meta])*
        $macro:ident of $table:ident;
        $(#[$of_the_table:meta])*
        for $stores:ty {
            $($module:ident { $($name:ident,)* })*
        }
    ) => {
        $(#[$of_the_table])*
        pub const PROMISES: &[$crate::Promise<$stores>] = &[
            $($($crate::Promise::new(stringify!($name), |stores| {
                Box::pin($module::$name(stores))
            }),)*)*
        ];

        $(#[$of_the_macro])*
        #[macro_export]
        macro_rules! $macro {
            ($open:expr) => {
                $($(
                    #[test]
                    fn $name() {
                        $crate::test($crate::$table::PROMISES, stringify!($name), $open);
                    }
                )*)*
            };
        }
    };
}

pub(crate) use promises;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Writes its name down when it is dropped.
    struct Noted(&'static str, Arc<Mutex<Vec<&'static str>>>);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    const TABLE: &[Promise<Noted>] = &[
        Promise::new("is_kept", |_| Box::pin(async {})),
        Promise::new("is_broken", |stores| {
            Box::pin(async { panic!("the {} are wrong", stores.0) })
        }),
        Promise::new("is_broken_by_a_task", |_| {
            Box::pin(async {
                race([async { panic!("overtaken") }]).await;
            })
        }),
    ];

    #[tokio::test]
    async fn broken_promises_are_named_with_what_was_seen() {
        let notes = Arc::default();
        let open = async || (Noted("stores", Arc::clone(&notes)), ());
        let broken = broken(TABLE, open).await;
        let broken: Vec<_> = broken.iter().map(ToString::to_string).collect();
        assert_eq!(
            broken,
            [
                "is_broken: the stores are wrong",
                "is_broken_by_a_task: overtaken"
            ]
        );
    }

    #[tokio::test]
    async fn what_must_outlive_the_stores_does_also_when_a_test_fails() {
        for promise in TABLE {
            let notes = Arc::new(Mutex::default());
            let note = |name| Noted(name, Arc::clone(&notes));
            let outcome = promise
                .check(async || (note("stores"), note("guard")))
                .await;
            assert_eq!(outcome.is_ok(), promise.name() == "is_kept");
            assert_eq!(*notes.lock().unwrap(), ["stores", "guard"]);
        }
    }

    #[test]
    #[should_panic(expected = "the stores are wrong")]
    fn a_test_of_a_broken_promise_panics() {
        let open = async || (Noted("stores", Arc::default()), ());
        test(TABLE, "is_broken", open);
    }
}
