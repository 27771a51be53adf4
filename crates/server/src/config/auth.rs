use std::thread;

use chrono::TimeDelta;
use hexpress_domain::auth::SessionPolicy;
use hexpress_infra::security::Argon2Settings;

use super::reader::Reader;
use super::{AppEnv, ConfigError, Setting};

/// The least that OWASP's Password Storage Cheat Sheet asks of argon2id with two
/// passes and one lane, in KiB.
const OWASP_MEMORY_KIB: u32 = 19_456;
/// The passes that go with [`OWASP_MEMORY_KIB`].
const OWASP_ITERATIONS: u32 = 2;
/// argon2 wants this much memory for each lane, in KiB (RFC 9106, section 3.1).
const KIB_PER_LANE: u32 = 8;
const TEN_YEARS_IN_HOURS: u32 = 87_600;

/// How users prove who they are.
#[derive(Debug, Clone, Copy)]
pub struct AuthConfig {
    /// When sessions end, and how many a user may have.
    pub sessions: SessionPolicy,
    /// The cost of a password's hash.
    pub argon2: Argon2Settings,
    /// Wrong guesses in a minute for each pair of email and address; 0 is no limit.
    pub login_limit_per_minute: u32,
}

impl AuthConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("Accounts");
        Ok(Self {
            sessions: read_sessions(reader)?,
            argon2: read_argon2(reader)?,
            login_limit_per_minute: reader.whole(
                Setting::new(
                    "LOGIN_LIMIT_PER_MINUTE",
                    "wrong passwords for each pair of email and address; five times as many for \
                     each address, ten times as many in an hour for each email; for all instances \
                     together; 0 is off",
                ),
                reader.app_env().pick(10, 0, 10),
                0..=1_000_000,
            )?,
        })
    }
}

fn read_sessions(reader: &mut Reader<'_>) -> Result<SessionPolicy, ConfigError> {
    let max = reader.whole(
        Setting::new(
            "SESSION_MAX_TTL_HOURS",
            "how long after the login a session ends at the latest",
        ),
        2160,
        1..=TEN_YEARS_IN_HOURS,
    )?;
    let idle = reader.whole(
        Setting::new(
            "SESSION_IDLE_TTL_HOURS",
            "how long after its last use a session ends",
        ),
        max.min(336),
        1..=TEN_YEARS_IN_HOURS,
    )?;
    if idle > max {
        let expected = format!("at most SESSION_MAX_TTL_HOURS ({max})");
        return Err(reader.refuse("SESSION_IDLE_TTL_HOURS", expected));
    }
    let per_user = reader.whole(
        Setting::new(
            "SESSIONS_PER_USER",
            "sessions that a user may have; a login beyond it ends the one used longest ago",
        ),
        100,
        1..=10_000,
    )?;
    Ok(SessionPolicy {
        idle: TimeDelta::hours(idle.into()),
        max: TimeDelta::hours(max.into()),
        per_user,
    })
}

fn read_argon2(reader: &mut Reader<'_>) -> Result<Argon2Settings, ConfigError> {
    let app_env = reader.app_env();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let settings = Argon2Settings {
        memory_kib: reader.whole(
            Setting::new(
                "ARGON2_MEMORY_KIB",
                "the cost of a password's hash; production refuses less than OWASP's floor, the \
                 default",
            ),
            app_env.pick(OWASP_MEMORY_KIB, KIB_PER_LANE, OWASP_MEMORY_KIB),
            KIB_PER_LANE..=4_194_304,
        )?,
        iterations: reader.whole(
            Setting::new(
                "ARGON2_ITERATIONS",
                "passes over that memory; production refuses less than OWASP's floor, the default",
            ),
            app_env.pick(OWASP_ITERATIONS, 1, OWASP_ITERATIONS),
            1..=100,
        )?,
        parallelism: reader.whole(
            Setting::new(
                "ARGON2_PARALLELISM",
                "lanes, which are computed one after the other",
            ),
            1,
            1..=64,
        )?,
        concurrency: reader.whole(
            Setting::new("PASSWORD_HASH_CONCURRENCY", "hashes that run at once")
                .with_default_in_words("half the cores, at least 1"),
            (cores / 2).max(1),
            1..=1024,
        )?,
        queue: reader.whole(
            Setting::new("PASSWORD_HASH_QUEUE", "hashes that wait; beyond that 503"),
            64,
            0..=100_000,
        )?,
    };
    if settings.memory_kib < settings.parallelism * KIB_PER_LANE {
        let expected = format!("at least {KIB_PER_LANE} for each of the ARGON2_PARALLELISM lanes");
        return Err(reader.refuse("ARGON2_MEMORY_KIB", expected));
    }
    if app_env == AppEnv::Production {
        require_owasp(
            reader,
            "ARGON2_MEMORY_KIB",
            settings.memory_kib,
            OWASP_MEMORY_KIB,
        )?;
        require_owasp(
            reader,
            "ARGON2_ITERATIONS",
            settings.iterations,
            OWASP_ITERATIONS,
        )?;
    }
    Ok(settings)
}

fn require_owasp(
    reader: &Reader<'_>,
    name: &'static str,
    value: u32,
    floor: u32,
) -> Result<(), ConfigError> {
    if value < floor {
        let expected = format!("at least {floor} in production, as OWASP asks");
        return Err(reader.refuse(name, expected));
    }
    Ok(())
}
