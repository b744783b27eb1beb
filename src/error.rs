//! One opaque error for the whole crate: a stable code, a sentence, and whether a retry is safe.
//!
//! Promises: a code never changes its meaning; a message never holds a phone number, a value or a secret.
//! Relies on nothing. Never decides what a caller does next, it only says what is safe.

use std::fmt;

/// The stable name of a failure. `ERROR_TABLE` defines each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    Config,
    Key,
    Serialize,
    ValueTooLarge,
    Connect,
    Timeout,
    UnknownOutcome,
    Overloaded,
    Reply,
    Closed,
    Argument,
    Policy,
    Session,
    Conflict,
    Limit,
    FactoryTimeout,
    Reentrant,
    Quota,
    Tag,
    Query,
    Erasing,
    Idempotency,
    Lost,
    Job,
    Internal,
}

/// One row of the public error table.
#[derive(Debug, Clone, Copy)]
pub struct ErrorRow {
    pub code: ErrorCode,
    /// The string that JavaScript sees as `error.code`.
    pub name: &'static str,
    /// Whether a retry of the same call cannot run it twice.
    pub retryable: bool,
    pub meaning: &'static str,
}

/// Every error that the package can return. `types/errors.d.ts` and `docs/errors.md` repeat this table, and a test
/// compares the three.
pub const ERROR_TABLE: &[ErrorRow] = &[
    row(
        ErrorCode::Config,
        "E_CONFIG",
        false,
        "an option or environment variable has a value that is not allowed, or came too late",
    ),
    row(ErrorCode::Key, "E_KEY", false, "the phone number, organization, id or key is missing or too long"),
    row(
        ErrorCode::Serialize,
        "E_SERIALIZE",
        false,
        "the value is not JSON: undefined, a function, a BigInt, a cycle, or nested too deeply",
    ),
    row(
        ErrorCode::ValueTooLarge,
        "E_VALUE_TOO_LARGE",
        false,
        "the value is larger than 16 MiB, or a reply is longer than a string of JavaScript can be",
    ),
    row(ErrorCode::Connect, "E_CONNECT", true, "no connection to Redis could be made; nothing was sent"),
    row(
        ErrorCode::Timeout,
        "E_TIMEOUT",
        false,
        "the deadline passed before an answer came; the command may have run",
    ),
    row(
        ErrorCode::UnknownOutcome,
        "E_UNKNOWN_OUTCOME",
        false,
        "the command was sent and the connection was lost; it may have run",
    ),
    row(
        ErrorCode::Overloaded,
        "E_OVERLOADED",
        true,
        "too many commands or bytes are waiting; nothing was sent",
    ),
    row(ErrorCode::Reply, "E_REPLY", false, "Redis answered with an error; redisCode holds its first word"),
    row(ErrorCode::Closed, "E_CLOSED", false, "the cache was shut down"),
    row(
        ErrorCode::Argument,
        "E_ARGUMENT",
        false,
        "an argument or an option of a call is not allowed, such as a lifetime that is no positive number",
    ),
    row(
        ErrorCode::Policy,
        "E_POLICY",
        false,
        "no policy of a limiter, or topic, has this name, or the policy does not take the call",
    ),
    row(ErrorCode::Session, "E_SESSION", false, "the session has ended, or never was"),
    row(
        ErrorCode::Conflict,
        "E_CONFLICT",
        false,
        "the session was changed since it was read, and the change was made for the older version",
    ),
    row(ErrorCode::Limit, "E_LIMIT", false, "the user has as many sessions as maxPerUser allows"),
    row(
        ErrorCode::FactoryTimeout,
        "E_FACTORY_TIMEOUT",
        false,
        "the factory of a cache took longer than hardTimeoutMs; it goes on, and what it makes is kept",
    ),
    row(
        ErrorCode::Reentrant,
        "E_REENTRANT",
        false,
        "a factory asked the cache for the key that it makes, and would wait for itself",
    ),
    row(
        ErrorCode::Quota,
        "E_QUOTA",
        false,
        "the organization has as many entries in the cache as its quota allows; nothing was stored",
    ),
    row(
        ErrorCode::Tag,
        "E_TAG",
        false,
        "there are more than 64 tags, or one is empty, no text or longer than 128 bytes",
    ),
    row(ErrorCode::Query, "E_QUERY", false, "the SQL is no query whose result may be cached"),
    row(
        ErrorCode::Erasing,
        "E_ERASING",
        true,
        "the organization is being erased by this process; nothing was written",
    ),
    row(
        ErrorCode::Idempotency,
        "E_IDEMPOTENCY",
        false,
        "a job with the same idempotency key and another type or payload is known; nothing was added",
    ),
    row(
        ErrorCode::Lost,
        "E_LOST",
        false,
        "the worker does not hold the job any more: its lease was lost, or the job was cancelled",
    ),
    row(ErrorCode::Job, "E_JOB", false, "the job that was waited for is dead, or there is none"),
    row(
        ErrorCode::Internal,
        "E_INTERNAL",
        false,
        "a defect in native code was caught, or Node could not make a value; the command may have run",
    ),
];

const fn row(code: ErrorCode, name: &'static str, retryable: bool, meaning: &'static str) -> ErrorRow {
    ErrorRow { code, name, retryable, meaning }
}

impl ErrorCode {
    fn table_row(self) -> &'static ErrorRow {
        // The test `every_code_has_a_row` shows that the search always succeeds.
        ERROR_TABLE.iter().find(|row| row.code == self).unwrap_or(&ERROR_TABLE[0])
    }

    /// The string that JavaScript sees as `error.code`.
    pub fn as_str(self) -> &'static str {
        self.table_row().name
    }
}

/// A failure with a stable code. It is cheap to clone and safe to log.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
    redis_code: Option<String>,
    /// Overrides whether a retry is safe, where this failure differs from others with its code.
    retryable: Option<bool>,
    is_about_certificate: bool,
}

/// The words with which a server begins to quote the arguments of an unknown command.
const QUOTED_ARGUMENTS: &str = ", with args beginning with";
/// How a discarded transaction's error begins, before the line of the command that was refused.
const DISCARDED: &str = "EXECABORT Transaction discarded because of previous errors: ";

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into(),
            redis_code: None,
            retryable: None,
            is_about_certificate: false,
        }
    }

    /// An error reply of the server, e.g. `WRONGTYPE Operation against a key ...`. Arguments that the server
    /// quotes are left out, because one may be a phone number or a value.
    pub fn reply(line: &str) -> Self {
        let code = line.split(' ').next().unwrap_or_default();
        let message = line.split_once(QUOTED_ARGUMENTS).map_or(line, |(sentence, _)| sentence);
        Error {
            code: ErrorCode::Reply,
            message: message.to_owned(),
            redis_code: Some(code.to_owned()),
            retryable: None,
            is_about_certificate: false,
        }
    }

    /// The server discarded a transaction, because it had refused one of its commands with this line.
    pub fn discarded(line: &str) -> Self {
        Error::reply(&format!("{DISCARDED}{line}"))
    }

    /// The line with which the server refused a command, where that discarded a transaction.
    pub fn refused_line(&self) -> Option<&str> {
        self.message.strip_prefix(DISCARDED)
    }

    /// An error reply with the server's full text, for callers who want exactly that.
    pub fn verbatim_reply(line: &str) -> Self {
        Error { message: line.to_owned(), ..Error::reply(line) }
    }

    /// A panic was caught.
    pub fn defect() -> Self {
        Error::new(ErrorCode::Internal, "a defect in orgcache's native code was caught; please report it")
    }

    /// The deadline passed before the command was sent, so it cannot have run.
    pub fn timed_out_unsent(message: impl Into<String>) -> Self {
        Error { retryable: Some(true), ..Error::new(ErrorCode::Timeout, message) }
    }

    /// The same failure, marked as one that a retry cannot mend.
    pub fn lasting(self) -> Self {
        Error { retryable: Some(false), ..self }
    }

    pub fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// The first word of the server's error reply: `OOM`, `NOPERM`, `WRONGTYPE`, ...
    pub fn redis_code(&self) -> Option<&str> {
        self.redis_code.as_deref()
    }

    /// The configured certificate, authority or private key cannot be used.
    pub fn about_certificate(self) -> Self {
        Error { is_about_certificate: true, ..self }
    }

    pub fn is_about_certificate(&self) -> bool {
        self.is_about_certificate
    }

    /// Whether a retry of the same call cannot run it twice.
    pub fn is_retryable(&self) -> bool {
        self.retryable.unwrap_or(self.code.table_row().retryable)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_row() {
        use ErrorCode::*;
        let all = [
            Config,
            Key,
            Serialize,
            ValueTooLarge,
            Connect,
            Timeout,
            UnknownOutcome,
            Overloaded,
            Reply,
            Closed,
            Argument,
            Policy,
            Session,
            Conflict,
            Limit,
            FactoryTimeout,
            Reentrant,
            Quota,
            Tag,
            Query,
            Erasing,
            Idempotency,
            Lost,
            Job,
            Internal,
        ];
        for code in all {
            assert_eq!(code.table_row().code, code);
        }
        assert_eq!(ERROR_TABLE.len(), all.len());
    }

    #[test]
    fn a_reply_error_keeps_the_first_word_as_its_redis_code() {
        let error = Error::reply("OOM command not allowed when used memory > 'maxmemory'.");
        assert_eq!(error.redis_code(), Some("OOM"));
        assert!(!error.is_retryable());
    }

    #[test]
    fn a_reply_error_does_not_repeat_the_arguments_that_the_server_quotes() {
        let error = Error::reply("ERR unknown command 'gte', with args beginning with: '+1555' ");
        assert_eq!(error.message(), "ERR unknown command 'gte'");
    }

    #[test]
    fn a_discarded_transaction_tells_which_command_was_refused_and_with_what() {
        let error = Error::discarded("ERR unknown command 'gte', with args beginning with: '+1555' ");
        assert_eq!(error.redis_code(), Some("EXECABORT"));
        assert_eq!(error.refused_line(), Some("ERR unknown command 'gte'"));
        assert_eq!(
            Error::reply("EXECABORT Transaction discarded because of previous errors.").refused_line(),
            None
        );
    }

    #[test]
    fn a_command_that_timed_out_before_it_was_sent_may_be_tried_again() {
        assert!(Error::timed_out_unsent("waited too long").is_retryable());
        assert!(!Error::new(ErrorCode::Timeout, "no answer").is_retryable());
    }
}
