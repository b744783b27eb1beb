//! Reads and writes on a connection, for every driver.

use std::io::{self, Read, Write};
use std::time::Instant;

use super::handshake::ServerInfo;
use super::stream::Stream;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::ProtocolError;

/// The most bytes that one turn reads, so that a flood on one connection does not starve the others.
const READ_BYTES_A_TURN: usize = 4 * 1024 * 1024;

/// The bytes of a connection: those to write, and room for those that are read.
pub trait Bytes {
    /// Bytes that the socket has not taken yet.
    fn unsent(&self) -> &[u8];
    fn sent(&mut self, count: usize);
    /// Room for a read. The caller then reports how much of it was filled (`received`), or calls
    /// `read_nothing`.
    fn read_room(&mut self) -> &mut [u8];
    /// The read found nothing, so the room is not needed.
    fn read_nothing(&mut self);
    /// Takes in `count` bytes that were read. After an error the connection must be dropped.
    fn received(&mut self, count: usize, now: Instant) -> Result<()>;
}

/// Handles what happens on a connection. A driver calls it and moves its bytes.
pub trait ConnectionHandler: Bytes {
    fn connected(&mut self, server: &ServerInfo, now: Instant);
    /// An attempt to connect failed. `attempt` counts from 1 since the last stable connection.
    fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant);
    fn disconnected(&mut self, error: Error, now: Instant);
    /// The earliest time at which `expire` has work.
    fn next_deadline(&self) -> Option<Instant>;
    /// Does everything that is due. Returns the reason if the connection must be replaced.
    fn expire(&mut self, now: Instant) -> Option<Error>;
}

/// Why no more bytes can be read.
#[derive(Debug)]
pub enum ReadFailure {
    /// The server has closed the stream.
    Ended,
    Socket(io::Error),
    /// The bytes that came are not usable.
    Useless(Error),
}

/// Writes until nothing is left or the socket takes no more. True when bytes still wait.
pub fn write_waiting<S: Read + Write>(
    stream: &mut Stream<S>,
    handler: &mut dyn ConnectionHandler,
) -> Result<bool> {
    write_unsent(stream, handler).map_err(|error| connection_lost(&error))
}

/// Like `write_waiting`, with the socket's own error.
pub fn write_unsent<S: Read + Write, B: Bytes + ?Sized>(
    stream: &mut Stream<S>,
    bytes: &mut B,
) -> io::Result<bool> {
    while !bytes.unsent().is_empty() {
        match stream.write(bytes.unsent()) {
            Ok(count) => bytes.sent(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match stream.flush() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
        Ok(()) => Ok(stream.waits_to_write(false)),
    }
}

/// Reads the available bytes and hands them on. The end of the stream is an error, because a connection in
/// use must not be closed.
pub fn read_arrived<S: Read + Write>(
    stream: &mut Stream<S>,
    handler: &mut dyn ConnectionHandler,
    now: Instant,
) -> Result<()> {
    read_available(stream, handler, now).map_err(|failure| match failure {
        ReadFailure::Ended => connection_lost(&io::ErrorKind::UnexpectedEof.into()),
        ReadFailure::Socket(error) => connection_lost(&error),
        ReadFailure::Useless(error) => error,
    })
}

/// Like `read_arrived`, with the failure of the socket itself.
pub fn read_available<S: Read + Write, B: Bytes + ?Sized>(
    stream: &mut Stream<S>,
    bytes: &mut B,
    now: Instant,
) -> Result<(), ReadFailure> {
    let mut budget = READ_BYTES_A_TURN;
    loop {
        let room = bytes.read_room();
        let offered = room.len();
        match stream.read(room) {
            Ok(0) => return Err(ReadFailure::Ended),
            Ok(count) => {
                bytes.received(count, now).map_err(ReadFailure::Useless)?;
                budget = budget.saturating_sub(count);
                // A read that did not fill its room has emptied the socket. TLS returns one record at a time,
                // so there only `WouldBlock` shows that.
                if budget == 0 || (count < offered && !stream.is_tls()) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                bytes.read_nothing();
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadFailure::Socket(error)),
        }
    }
}

/// The error for callers whose connection ended.
pub fn connection_lost(error: &io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
        _ => error.to_string(),
    };
    lost(&reason)
}

/// The server sent bytes that are no reply.
pub fn connection_garbled(error: &ProtocolError) -> Error {
    lost(&format!("the server sent {error}"))
}

/// The server sent a reply whose type does not fit its request.
pub fn connection_confused() -> Error {
    lost("the server sent a reply of a type that the command does not have")
}

fn lost(reason: &str) -> Error {
    Error::new(ErrorCode::Connect, format!("the connection to Redis was lost: {reason}"))
}

/// The wanted server has changed.
pub fn connection_moved() -> Error {
    Error::new(ErrorCode::Connect, "the connection to Redis was given up: the primary is another server now")
}

/// The server was silent for longer than a healthy one would be.
pub fn connection_silent() -> Error {
    Error::new(ErrorCode::Connect, "the connection to Redis was replaced: the server did not answer in time")
}
