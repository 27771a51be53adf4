use std::time::Duration;

/// How long a connection may wait.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// For the first byte on a new connection, and for the end of any request's
    /// head once it has begun.
    pub header_read: Duration,
    /// For the next request after an answer.
    pub keep_alive: Duration,
    /// For the client to take any more of an answer.
    pub write_stall: Duration,
    /// For the client to end the connection after the last answer, while it may
    /// still be sending.
    pub linger: Duration,
}
