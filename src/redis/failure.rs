//! Why there is no connection, in the words of Node's sockets.

use std::io;
use std::net::SocketAddr;

use crate::connection::ReadFailure;
use crate::error::Error;
use crate::lane::ProtocolError;

/// So many bytes in front of what makes no sense are shown, and so many from there on.
const SHOWN_BYTES: usize = 16 * 1024;

/// What Node's errors of sockets carry: `connect ECONNREFUSED 127.0.0.1:6379`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// A sentence where no call of the system failed; else empty, and the other fields make the message.
    pub message: String,
    pub syscall: Option<&'static str>,
    /// By the system's number, where there is one.
    pub errno: Option<i32>,
    /// The name of the error, for systems whose numbers differ.
    pub code: Option<String>,
    /// An address, a path, or a host name that has none.
    pub address: Option<String>,
    pub port: Option<u16>,
    /// What the server sent instead of a reply.
    pub garbled: Option<Box<Garbled>>,
}

/// Bytes that are no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbled {
    /// A stretch of what was received.
    pub bytes: Vec<u8>,
    /// Where the first byte stands that makes no sense.
    pub position: usize,
    /// Whether that byte should say of which type the reply is.
    pub is_type: bool,
}

impl Garbled {
    pub fn new(error: ProtocolError, received: &[u8], position: usize) -> Garbled {
        let position = position.min(received.len().saturating_sub(1));
        let from = position.saturating_sub(SHOWN_BYTES);
        let until = received.len().min(position + SHOWN_BYTES);
        let is_type = error == ProtocolError::UnknownType;
        Garbled { bytes: received[from..until].to_vec(), position: position - from, is_type }
    }
}

impl Failure {
    pub fn of_connecting(error: &io::Error, to: &Peer) -> Failure {
        let (address, port) = match to {
            Peer::Address(at) => (at.ip().to_string(), Some(at.port())),
            Peer::Path(path) => (path.clone(), None),
        };
        Failure { address: Some(address), port, ..Failure::of_call("connect", error) }
    }

    pub fn of_resolving(error: &io::Error, host: &str) -> Failure {
        // The resolver's numbers are not the system's; its sentence is all that comes through.
        let is_temporary = error.to_string().contains("Temporary failure");
        let code = if is_temporary { "EAI_AGAIN" } else { "ENOTFOUND" };
        Failure {
            syscall: Some("getaddrinfo"),
            code: Some(code.to_owned()),
            address: Some(host.to_owned()),
            ..Failure::default()
        }
    }

    /// No connection came about within the time for it.
    pub fn too_late() -> Failure {
        Failure { syscall: Some("connect"), code: Some("ETIMEDOUT".to_owned()), ..Failure::default() }
    }

    /// `None` where the server closed the stream in order, which is no error.
    pub fn of_reading(failure: ReadFailure) -> Option<Failure> {
        match failure {
            ReadFailure::Ended => None,
            // A session that was cut off is closed all the same.
            ReadFailure::Socket(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            ReadFailure::Socket(error) => Some(Failure::of_call("read", &error)),
            ReadFailure::Useless(error) => Some(Failure::of_useless(&error)),
        }
    }

    pub fn of_writing(error: &io::Error) -> Failure {
        Failure::of_call("write", error)
    }

    pub fn said(message: impl Into<String>, code: Option<&str>) -> Failure {
        Failure { message: message.into(), code: code.map(str::to_owned), ..Failure::default() }
    }

    fn of_useless(error: &Error) -> Failure {
        Failure::said(error.message(), None)
    }

    fn of_call(syscall: &'static str, error: &io::Error) -> Failure {
        Failure {
            message: if error.raw_os_error().is_none() { error.to_string() } else { String::new() },
            syscall: Some(syscall),
            errno: error.raw_os_error(),
            code: code_of(error.kind()).map(str::to_owned),
            ..Failure::default()
        }
    }
}

/// Where a connection was to go.
#[derive(Debug)]
pub enum Peer {
    Address(SocketAddr),
    Path(String),
}

fn code_of(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        io::ErrorKind::ConnectionReset => "ECONNRESET",
        io::ErrorKind::ConnectionAborted => "ECONNABORTED",
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
        io::ErrorKind::HostUnreachable => "EHOSTUNREACH",
        io::ErrorKind::NetworkUnreachable => "ENETUNREACH",
        _ => return None,
    })
}
