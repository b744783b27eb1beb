//! What a driver moves, and how: the part that every driver shares.

use std::io::{self, Read, Write};
use std::time::Instant;

use super::handshake::ServerInfo;
use super::stream::Stream;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::ProtocolError;

/// Bytes that one turn reads at most, so that a flood on one connection starves nobody else.
const READ_BYTES_A_TURN: usize = 4 * 1024 * 1024;

/// The bytes of a connection: what waits to be written, and room for what is read.
pub trait Bytes {
    /// Bytes that wait for the socket.
    fn unsent(&self) -> &[u8];
    fn sent(&mut self, count: usize);
    /// Room for a read; `received` is told how much of it was filled, or `read_nothing`.
    fn read_room(&mut self) -> &mut [u8];
    /// There was nothing to read: the room is not needed.
    fn read_nothing(&mut self);
    /// After an error the connection must be dropped.
    fn received(&mut self, count: usize, now: Instant) -> Result<()>;
}

/// Whoever speaks on a connection. A driver tells it what happens and moves its bytes.
pub trait ConnectionHandler: Bytes {
    fn connected(&mut self, server: &ServerInfo, now: Instant);
    /// `attempt` counts from 1 since the last stable connection.
    fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant);
    fn disconnected(&mut self, error: Error, now: Instant);
    /// The earliest time at which `expire` has something to do.
    fn next_deadline(&self) -> Option<Instant>;
    /// Does what is due. Gives the reason where the connection must be replaced.
    fn expire(&mut self, now: Instant) -> Option<Error>;
}

/// Why nothing more can be read.
#[derive(Debug)]
pub enum ReadFailure {
    /// The server has closed the stream.
    Ended,
    Socket(io::Error),
    /// What came is of no use.
    Useless(Error),
}

/// Writes until nothing is left or the socket takes no more. True where bytes still wait.
pub fn write_waiting<S: Read + Write>(
    stream: &mut Stream<S>,
    handler: &mut dyn ConnectionHandler,
) -> Result<bool> {
    write_unsent(stream, handler).map_err(|error| connection_lost(&error))
}

/// As `write_waiting`, with the socket's own error.
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

/// Reads what is there and hands it on. The end of the stream is an error: nobody closes a
/// connection that is in use.
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

/// As `read_arrived`, with what has happened to the socket.
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
                // A read that did not fill its room has emptied the socket. TLS hands out one
                // record at a time, so there only WouldBlock says so.
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

/// Why a connection ended, as its callers are told.
pub fn connection_lost(error: &io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
        _ => error.to_string(),
    };
    lost(&reason)
}

/// The server said what is no reply.
pub fn connection_garbled(error: &ProtocolError) -> Error {
    lost(&format!("the server sent {error}"))
}

/// The server answered what its request cannot have for an answer.
pub fn connection_confused() -> Error {
    lost("the server sent a reply of a type that the command does not have")
}

fn lost(reason: &str) -> Error {
    Error::new(ErrorCode::Connect, format!("the connection to Redis was lost: {reason}"))
}

/// Another server is wanted.
pub fn connection_moved() -> Error {
    Error::new(ErrorCode::Connect, "the connection to Redis was given up: the primary is another server now")
}

/// The server has said nothing for longer than one that is well would.
pub fn connection_silent() -> Error {
    Error::new(ErrorCode::Connect, "the connection to Redis was replaced: the server did not answer in time")
}
