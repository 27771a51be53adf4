use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cluster::Cluster;
use crate::run::Run;

/// A PostgreSQL server for one test alone, which it may stop and start. It takes seconds to make:
/// whatever can, uses [`TestDatabase`](crate::TestDatabase).
///
/// It ends with this; where the test is killed, within a minute of the end of the run.
#[derive(Debug)]
pub struct OwnPostgres {
    cluster: Cluster,
    folder: PathBuf,
}

impl OwnPostgres {
    /// Makes and starts one.
    #[must_use]
    pub fn start() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a name that no other test has; nothing is decided by it"
        )]
        let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!("own-{}-{}", std::process::id(), age.as_nanos());
        let folder = Run::current().files().join(name);
        Self {
            cluster: Cluster::start(folder.clone()),
            folder,
        }
    }

    /// The URL of its superuser, the same after every start.
    #[must_use]
    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// A client program of the same version, such as `pg_dump`.
    #[must_use]
    pub fn client(&self, program: &str) -> Command {
        self.cluster.client(program)
    }

    /// Stops it, which ends all connections.
    pub fn stop(&self) {
        assert!(self.cluster.stop(), "PostgreSQL does not stop");
    }

    /// Starts it again.
    pub fn start_again(&self) {
        assert!(self.cluster.run(), "PostgreSQL does not start again");
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.cluster.stop();
        fs::remove_dir_all(&self.folder).ok();
    }
}
