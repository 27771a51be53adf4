//! A throwaway PostgreSQL server, made from the installed server programs.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::write_private;

const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

const ADVICE: &str = "The PostgreSQL server programs (initdb, pg_ctl, postgres; 15 or later) are not installed.
Run scripts/test, which installs them, or install them yourself (Debian, Ubuntu: apt-get install postgresql; \
Fedora: dnf install postgresql-server postgresql-contrib; macOS: brew install postgresql), \
or set TEST_DATABASE_URL to a server that tests may write to.";

/// Nothing here has to survive a crash.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
";

/// Another process may take the free port before the server does.
const ATTEMPTS: usize = 10;

/// Makes and starts a server in `<files>/cluster` and returns the URL of its superuser.
///
/// It runs until somebody ends it. Its collation is a human one on purpose: an order by code point
/// comes out right only where a query asks for it.
pub(crate) fn start(files: &Path) -> String {
    let folder = files.join("cluster");
    // An attempt that failed may have left it.
    let _ = fs::remove_dir_all(&folder);
    Cluster::start(folder).url()
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// The user and group that it runs as, if not ours.
    account: Option<(u32, u32)>,
    password: String,
    port: u16,
}

impl Cluster {
    /// Makes a server in a new folder, and starts it.
    pub(crate) fn start(folder: PathBuf) -> Self {
        let programs = find_programs(program_folders()).unwrap_or_else(|advice| panic!("{advice}"));
        let password = random_password();
        let password_file = folder.join("password");
        fs::create_dir(&folder).unwrap();
        write_private(&password_file, &password);
        let account = unprivileged_account(&password_file);
        if let Some((user, group)) = account {
            for path in [&folder, &password_file] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        let mut cluster = Self {
            programs,
            folder,
            account,
            password,
            port: 0,
        };
        cluster.make(&password_file);
        for _ in 0..ATTEMPTS {
            cluster.port = free_port();
            if cluster.run() {
                return cluster;
            }
        }
        panic!(
            "PostgreSQL does not start: {}",
            fs::read_to_string(cluster.log()).unwrap_or_default()
        );
    }

    fn make(&self, password_file: &Path) {
        let made = self
            .command("initdb")
            .args([
                "--username=hexpress",
                "--auth=password",
                "--encoding=UTF8",
                "--locale=C",
                // What `pg_trgm` knows letters by.
                "--lc-ctype=C.UTF-8",
            ])
            .args([
                "--locale-provider=icu",
                "--icu-locale=en-US",
                "--no-sync",
                "--no-instructions",
            ])
            .arg("--pwfile")
            .arg(password_file)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "initdb failed: {words}");
        let settings = self.data().join("postgresql.conf");
        let defaults = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, defaults + SETTINGS).unwrap();
    }

    /// Starts it on its port, and says whether it did start.
    pub(crate) fn run(&self) -> bool {
        let started = self
            .command("pg_ctl")
            .args(["start", "--wait", "--silent", "--options"])
            .arg(format!("-p {}", self.port))
            .arg("--log")
            .arg(self.log())
            .output()
            .unwrap();
        started.status.success()
    }

    /// Stops it, which ends all connections.
    pub(crate) fn stop(&self) -> bool {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--wait", "--silent", "--mode=fast"]);
        stop.output().unwrap().status.success()
    }

    /// The URL of its superuser.
    pub(crate) fn url(&self) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://hexpress:{password}@127.0.0.1:{port}/postgres")
    }

    /// A client program of the same version, such as `pg_dump`.
    pub(crate) fn client(&self, program: &str) -> Command {
        Command::new(self.programs.join(program))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").arg("--pgdata").arg(self.data());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// Where the server programs may be: Debian's folders, newest first, then where `PATH` leads.
fn program_folders() -> Vec<PathBuf> {
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let major = path
                .file_name()?
                .to_str()?
                .split('.')
                .next()?
                .parse()
                .ok()?;
            Some((major, path.join("bin")))
        })
        .collect();
    packaged.sort();
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.and_then(|output| String::from_utf8(output.stdout).ok());
    let path = std::env::var_os("PATH").unwrap_or_default();
    packaged
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(configured.map(|folder| PathBuf::from(folder.trim())))
        .chain(std::env::split_paths(&path))
        .collect()
}

fn find_programs(folders: Vec<PathBuf>) -> Result<PathBuf, &'static str> {
    folders
        .into_iter()
        .find(|folder| {
            PROGRAMS
                .iter()
                .all(|program| folder.join(program).is_file())
        })
        .ok_or(ADVICE)
}

/// The user and group to run the server as when we are root, which PostgreSQL refuses to be.
/// Who we are is told by a file that we made.
fn unprivileged_account(made_by_us: &Path) -> Option<(u32, u32)> {
    if fs::metadata(made_by_us).unwrap().uid() != 0 {
        return None;
    }
    let id = |option, name| {
        let output = Command::new("id").args([option, name]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let account = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id("-u", name)?, id("-g", name)?)));
    Some(account.expect("a user called postgres or nobody, since the server must not run as root"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The server listens where every user of the machine can reach it.
fn random_password() -> String {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(programs: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for program in programs {
            fs::write(folder.path().join(program), "").unwrap();
        }
        folder
    }

    #[test]
    fn missing_programs_are_named_with_the_way_out() {
        let client_only = folder_with(&["psql", "pg_config"]);
        let advice = find_programs(vec![client_only.path().to_owned()]).unwrap_err();
        for word in PROGRAMS
            .iter()
            .chain(&["apt-get install postgresql", "TEST_DATABASE_URL"])
        {
            assert!(advice.contains(word), "{word} is not in: {advice}");
        }
    }

    #[test]
    fn the_first_complete_folder_is_taken() {
        let (client_only, complete) = (folder_with(&["pg_ctl"]), folder_with(&PROGRAMS));
        let folders = vec![client_only.path().to_owned(), complete.path().to_owned()];
        assert_eq!(find_programs(folders), Ok(complete.path().to_owned()));
    }
}
