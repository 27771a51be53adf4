//! What all test processes of one run share: a folder, found by the process id of the runner
//! (cargo or nextest) that started them, and removed with everything in it once that runner is gone.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Ends the cluster and removes the folder when the runner is gone.
///
/// A server whose watchdog was killed ends by itself within a minute of losing its files.
const WATCHDOG: &str = r#"
while kill -0 "$1" 2>/dev/null; do sleep 1; done
if server=$(head -n 1 "$2/files/cluster/data/postmaster.pid" 2>/dev/null); then
    kill -QUIT "$server" 2>/dev/null
    while kill -0 "$server" 2>/dev/null; do sleep 1; done
fi
rm -rf "$2"
"#;

/// The folder of one run. Tests may leave files in it.
#[derive(Debug)]
pub(crate) struct Run {
    folder: PathBuf,
}

impl Run {
    /// The run that this process belongs to.
    pub(crate) fn current() -> &'static Self {
        static CURRENT: OnceLock<Run> = OnceLock::new();
        CURRENT.get_or_init(|| {
            let runner = parent_id();
            let folder = std::env::temp_dir().join(format!("hexpress-tests-{runner}"));
            Self::join(folder, runner)
        })
    }

    fn join(folder: PathBuf, runner: u32) -> Self {
        create_passable(&folder);
        let run = Self { folder };
        let _lock = run.lock();
        let watched = open(&run.folder.join("watched"));
        // The watchdog holds this lock for as long as it lives, so whoever gets it is the first of
        // a new run. Files found then were left by a run of the same number before a restart.
        if watched.try_lock().is_ok() {
            let _ = fs::remove_dir_all(run.files());
            create_passable(&run.files());
            watch(runner, &run.folder, watched);
        }
        run
    }

    /// Where everything goes that is removed at the run's end.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Waits until no other process or thread of the run holds it; given back when the file is dropped.
    pub(crate) fn lock(&self) -> File {
        let lock = open(&self.folder.join("lock"));
        lock.lock().unwrap();
        lock
    }
}

/// The server's unprivileged account must get through, whatever the umask.
fn create_passable(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::set_permissions(folder, Permissions::from_mode(0o711)).unwrap();
}

/// Writes a file that other users of the machine cannot read.
pub(crate) fn write_private(path: &Path, text: &str) {
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn open(path: &Path) -> File {
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[expect(
    clippy::zombie_processes,
    reason = "the watchdog outlives this process"
)]
fn watch(runner: u32, folder: &Path, watched: File) {
    Command::new("sh")
        .args(["-c", WATCHDOG, "sh", &runner.to_string()])
        .arg(folder)
        .current_dir("/")
        .stdin(watched)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C for the runner's group must not end it.
        .process_group(0)
        .spawn()
        .expect("sh starts");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_postgres::NoTls;

    use super::*;
    use crate::cluster;

    #[tokio::test]
    async fn slow_the_folder_and_its_server_go_with_the_runner() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let mut runner = Command::new("sleep").arg("600").spawn().unwrap();
        let run = Run::join(folder.clone(), runner.id());
        let url = cluster::start(&run.files());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        // Not by code point: see `cluster::start`.
        let row = client.query_one("SELECT 'a' < 'B'", &[]).await.unwrap();
        assert!(row.get::<_, bool>(0));

        runner.kill().unwrap();
        runner.wait().unwrap();

        let gone = async {
            while folder.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone)
            .await
            .expect("the folder is removed");
        assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    }

    #[test]
    fn those_who_come_later_find_what_the_first_left() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let mut runner = Command::new("sleep").arg("600").spawn().unwrap();
        let first = Run::join(folder.clone(), runner.id());
        fs::write(first.files().join("left"), "").unwrap();
        let second = Run::join(folder, runner.id());
        assert!(second.files().join("left").exists());
        runner.kill().unwrap();
        runner.wait().unwrap();
    }
}
