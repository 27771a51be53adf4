use std::io;
use std::path::PathBuf;

use crate::address::shown;

/// Why a database could not be opened: the cause and the way out, in one or two
/// lines, for whoever runs the program. No message holds a secret. All of them call what named
/// the database [`OpenError::SETTING`]; a program that was told otherwise says so instead.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing answers where the server should be.
    #[error(
        "cannot reach PostgreSQL at {address}: {reason}\nStart the server, or correct DATABASE_URL."
    )]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the network said.
        reason: String,
    },
    /// The server refuses the role or its password.
    #[error(
        "PostgreSQL at {address} refuses to log in {}: {}\nCorrect user and password in DATABASE_URL.",
        shown(.role),
        shown(.reason)
    )]
    Credentials {
        /// Host and port.
        address: String,
        /// The role.
        role: String,
        /// What the server said.
        reason: String,
    },
    /// The server has no such database.
    #[error(
        "PostgreSQL at {address} has no database \"{}\"\nCreate it (createdb), or correct DATABASE_URL.",
        shown(.name)
    )]
    NoDatabase {
        /// Host and port.
        address: String,
        /// The database.
        name: String,
    },
    /// The database cannot store every text.
    #[error(
        "the database \"{}\" stores text as {encoding}, not as UTF8\nCreate it anew (createdb --encoding=UTF8 --template=template0), or correct DATABASE_URL.",
        shown(.name)
    )]
    Encoding {
        /// The database.
        name: String,
        /// Its encoding.
        encoding: String,
    },
    /// The server turns connections away for now.
    #[error(
        "PostgreSQL at {address} takes no connection now: {}\nTry again, or lower DB_POOL_MAX.",
        shown(.reason)
    )]
    Busy {
        /// Host and port.
        address: String,
        /// What the server said.
        reason: String,
    },
    /// The server has no TLS, or its certificate cannot be trusted.
    #[error(
        "no TLS to PostgreSQL at {address} with sslmode={mode}: {reason}\nSet up the server's certificate, name its authority in sslrootcert, or choose another sslmode."
    )]
    TlsRefused {
        /// Host and port.
        address: String,
        /// The mode that was asked for.
        mode: String,
        /// What is wrong.
        reason: String,
    },
    /// Something on this side does not work.
    #[error("cannot set up connections to the database: {0}")]
    Setup(String),
    /// The file of `sslrootcert` cannot be used.
    #[error("cannot use the certificates in {}: {reason}\nName a PEM file in sslrootcert.", shown(.path.display()))]
    RootCert {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system trusts no authority, and the URL names none.
    #[error(
        "this system has no trusted certificates\nInstall them (ca-certificates), or name a PEM file in sslrootcert."
    )]
    NoRootCerts,
    /// Any other refusal by the server.
    #[error("PostgreSQL at {address} refuses the connection: {}\nCorrect DATABASE_URL.", shown(.reason))]
    Refused {
        /// Host and port.
        address: String,
        /// What the server said.
        reason: String,
    },
    /// The folder of the file does not exist and cannot be made.
    #[error(
        "cannot create the folder {} for the database: {reason}\nCreate it, or correct DATABASE_URL.",
        shown(.path.display())
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file, or the folder that it lies in, cannot be written.
    #[error(
        "cannot write the database file {}: {reason}\nMake the file and its folder writable for this user (SQLite keeps files beside it), or correct DATABASE_URL.",
        shown(.path.display())
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The file holds something else.
    #[error("{} is not an SQLite database\nCorrect DATABASE_URL, or move the file away.", shown(.path.display()))]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Any other refusal by SQLite.
    #[error("cannot open the database file {}: {reason}\nCheck the file, or correct DATABASE_URL.", shown(.path.display()))]
    File {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

impl OpenError {
    /// What messages call the setting that names the database.
    pub const SETTING: &str = "DATABASE_URL";
}
