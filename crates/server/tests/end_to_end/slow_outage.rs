//! The database going away and coming back under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Caller, OwnPostgres, Server, email, hexpress, sign_up};

/// How soon after the return of the database all is well again.
const RECOVERY: Duration = Duration::from_secs(3);

/// How long what must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the load has met.
#[derive(Default)]
struct Met {
    answers: AtomicUsize,
    outages: AtomicUsize,
    stopping: AtomicBool,
}

impl Met {
    fn note(&self, status: u16, retry_after: Option<u64>) {
        match status {
            200 | 201 => self.answers.fetch_add(1, Ordering::Relaxed),
            503 => {
                assert!(retry_after.is_some_and(|seconds| seconds >= 1));
                self.outages.fetch_add(1, Ordering::Relaxed)
            }
            status => panic!("{status}"),
        };
    }
}

async fn read(caller: Caller, met: Arc<Met>) {
    while !met.stopping.load(Ordering::Relaxed) {
        let answer = caller.get("/api/auth/me").await;
        met.note(answer.status.as_u16(), answer.retry_after);
    }
}

async fn write(anonymous: Caller, met: Arc<Met>, writer: usize) {
    for number in 0.. {
        if met.stopping.load(Ordering::Relaxed) {
            break;
        }
        let body = sign_up(&email(&format!("ada{writer}.{number}")));
        let answer = anonymous.post("/api/users", body).await;
        met.note(answer.status.as_u16(), answer.retry_after);
    }
}

async fn grows(counter: &AtomicUsize, by: usize) {
    let goal = counter.load(Ordering::Relaxed) + by;
    let grown = async {
        while counter.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, grown).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_away_it_is_503_and_soon_after_all_is_well() {
    let postgres = OwnPostgres::start();
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .env("DATABASE_URL", postgres.url())
        .env("AUTO_MIGRATE", "true")
        .env("DB_ACQUIRE_TIMEOUT_MS", "1000");
    let server = Server::spawn(command);
    let ada = server.sign_up("ada").await;
    let anonymous = server.anonymous();

    let met = Arc::new(Met::default());
    let mut load = Vec::new();
    for writer in 0..4 {
        load.push(tokio::spawn(read(ada.clone(), Arc::clone(&met))));
        let write = write(anonymous.clone(), Arc::clone(&met), writer);
        load.push(tokio::spawn(write));
    }
    for round in 0..2 {
        grows(&met.answers, 50).await;
        postgres.stop();
        grows(&met.outages, 50).await;
        // It is asked once a second.
        let unready = async { while anonymous.get("/api/health/ready").await.status != 503 {} };
        tokio::time::timeout(PATIENCE, unready).await.unwrap();
        assert_eq!(anonymous.get("/api/health").await.status, 200);

        postgres.start_again();
        let healthy = async {
            while anonymous.get("/api/health/ready").await.status != 200
                || ada.get("/api/auth/me").await.status != 200
            {}
            let body = sign_up(&email(&format!("back{round}")));
            let back = anonymous.post("/api/users", body).await;
            assert_eq!(back.status, 201, "{}", back.body);
        };
        tokio::time::timeout(RECOVERY, healthy).await.unwrap();
    }
    met.stopping.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert!(server.terminate().success());
}
