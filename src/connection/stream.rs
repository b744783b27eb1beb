//! A non-blocking byte stream over TCP or a unix socket, with TLS where it was asked for.
//!
//! One type serves both drivers: tokio's sockets on the I/O thread, and plain sockets that another loop
//! (libuv's) polls. Reads and writes return `WouldBlock` instead of waiting. rustls is a state machine
//! without I/O, so it needs no driver of its own.

use std::io::{self, Read, Write};
use std::net;
use std::sync::Arc;

use socket2::SockRef;
use tokio::io::Interest;

/// A socket of the tokio runtime. A clone is the same socket, which another thread may write to.
#[derive(Debug, Clone)]
pub enum AsyncSocket {
    Tcp(Arc<tokio::net::TcpStream>),
    #[cfg(unix)]
    Unix(Arc<tokio::net::UnixStream>),
}

/// A non-blocking socket that no runtime owns.
#[derive(Debug)]
pub enum BlockingSocket {
    Tcp(net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

/// Whether a socket is ready to be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    pub readable: bool,
    pub writable: bool,
}

impl AsyncSocket {
    /// Waits until the socket can be read, or also written if `or_writable` is set.
    pub async fn ready(&self, or_writable: bool) -> io::Result<Readiness> {
        let mut interest = Interest::READABLE;
        if or_writable {
            interest |= Interest::WRITABLE;
        }
        let ready = match self {
            AsyncSocket::Tcp(socket) => socket.ready(interest).await?,
            #[cfg(unix)]
            AsyncSocket::Unix(socket) => socket.ready(interest).await?,
        };
        Ok(Readiness {
            readable: ready.is_readable() || ready.is_read_closed(),
            writable: ready.is_writable() || ready.is_write_closed(),
        })
    }

    fn into_blocking(self) -> io::Result<BlockingSocket> {
        let shared = || io::Error::other("the socket is used by another thread");
        Ok(match self {
            AsyncSocket::Tcp(socket) => {
                BlockingSocket::Tcp(Arc::into_inner(socket).ok_or_else(shared)?.into_std()?)
            }
            #[cfg(unix)]
            AsyncSocket::Unix(socket) => {
                BlockingSocket::Unix(Arc::into_inner(socket).ok_or_else(shared)?.into_std()?)
            }
        })
    }
}

/// Reads once. A read that did not fill its room has emptied the socket: `try_io` is told so, and no second read has to find that out.
#[cfg(unix)]
fn read_once(
    buffer: &mut [u8],
    socket: &SockRef<'_>,
    try_io: impl FnOnce(&mut dyn FnMut() -> io::Result<usize>) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut last = None;
    let outcome = try_io(&mut || {
        let mut socket: &socket2::Socket = socket;
        let count = socket.read(buffer)?;
        if count == 0 || count == buffer.len() {
            return Ok(count);
        }
        last = Some(count);
        Err(io::ErrorKind::WouldBlock.into())
    });
    last.map_or(outcome, Ok)
}

impl Read for AsyncSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            AsyncSocket::Tcp(socket) => {
                read_once(buffer, &SockRef::from(&**socket), |read| socket.try_io(Interest::READABLE, read))
            }
            #[cfg(not(unix))]
            AsyncSocket::Tcp(socket) => socket.try_read(buffer),
            #[cfg(unix)]
            AsyncSocket::Unix(socket) => {
                read_once(buffer, &SockRef::from(&**socket), |read| socket.try_io(Interest::READABLE, read))
            }
        }
    }
}

impl Write for AsyncSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            AsyncSocket::Tcp(socket) => socket.try_write(bytes),
            #[cfg(unix)]
            AsyncSocket::Unix(socket) => socket.try_write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for BlockingSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            BlockingSocket::Tcp(socket) => socket.read(buffer),
            #[cfg(unix)]
            BlockingSocket::Unix(socket) => socket.read(buffer),
        }
    }
}

impl Write for BlockingSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            BlockingSocket::Tcp(socket) => socket.write(bytes),
            #[cfg(unix)]
            BlockingSocket::Unix(socket) => socket.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for BlockingSocket {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match self {
            BlockingSocket::Tcp(socket) => socket.as_raw_fd(),
            BlockingSocket::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

/// A socket, with a TLS session on top where TLS is used.
#[derive(Debug)]
pub struct Stream<S> {
    socket: S,
    tls: Option<Box<rustls::ClientConnection>>,
}

impl<S: Read + Write> Stream<S> {
    pub fn new(socket: S, tls: Option<rustls::ClientConnection>) -> Self {
        Stream { socket, tls: tls.map(Box::new) }
    }

    pub fn socket(&self) -> &S {
        &self.socket
    }

    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the TLS handshake is still running.
    pub fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Whether to wait until the socket can be written. During a TLS handshake the caller's own bytes cannot
    /// go out, even when the socket is writable.
    pub fn waits_to_write(&self, has_unsent: bool) -> bool {
        match &self.tls {
            None => has_unsent,
            Some(tls) => tls.wants_write() || (has_unsent && !tls.is_handshaking()),
        }
    }

    /// Reads once. `Ok(0)` is the end of the stream; `WouldBlock` means that no bytes have come.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.socket.read(buffer),
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).read(buffer),
        }
    }

    /// Writes as much as the socket takes now. `WouldBlock` means that it takes nothing.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.socket.write(bytes),
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).write(bytes),
        }
    }

    /// Writes pending encrypted bytes.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            None => Ok(()),
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).flush(),
        }
    }
}

/// A socket whose writing direction can be closed alone.
pub trait HalfClose {
    fn shut_down_writing(&self) -> io::Result<()>;
}

impl HalfClose for AsyncSocket {
    fn shut_down_writing(&self) -> io::Result<()> {
        match self {
            AsyncSocket::Tcp(socket) => SockRef::from(&**socket).shutdown(net::Shutdown::Write),
            #[cfg(unix)]
            AsyncSocket::Unix(socket) => SockRef::from(&**socket).shutdown(net::Shutdown::Write),
        }
    }
}

impl HalfClose for BlockingSocket {
    fn shut_down_writing(&self) -> io::Result<()> {
        match self {
            BlockingSocket::Tcp(socket) => socket.shutdown(net::Shutdown::Write),
            #[cfg(unix)]
            BlockingSocket::Unix(socket) => socket.shutdown(net::Shutdown::Write),
        }
    }
}

impl<S: Read + Write + HalfClose> Stream<S> {
    /// Closes the writing direction. The other side's bytes can still be read.
    pub fn end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // If the socket takes no more bytes, it is closed without the notification.
            let _ = tls.write_tls(&mut self.socket);
        }
        // Fails when the other side has closed already; the next read reports that.
        let _ = self.socket.shut_down_writing();
    }
}

impl Stream<AsyncSocket> {
    /// Takes the socket out of the runtime, for a loop that polls it itself.
    pub fn into_blocking(self) -> io::Result<Stream<BlockingSocket>> {
        Ok(Stream { socket: self.socket.into_blocking()?, tls: self.tls })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Long enough for what is known to be ready, and for what comes.
    const MOMENT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(20);

    async fn pair() -> (AsyncSocket, net::TcpStream) {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let here = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (AsyncSocket::Tcp(Arc::new(here)), listener.accept().unwrap().0)
    }

    async fn is_readable(socket: &AsyncSocket, within: Duration) -> bool {
        let ready = tokio::time::timeout(within, socket.ready(false)).await;
        ready.is_ok_and(|ready| ready.unwrap().readable)
    }

    #[tokio::test]
    async fn a_read_that_empties_the_socket_needs_no_second_one_to_find_that_out() {
        let (mut here, mut there) = pair().await;
        let mut room = [0; 4];
        there.write_all(b"abcdef").unwrap();
        assert!(is_readable(&here, LONG).await);
        assert_eq!(here.read(&mut room).unwrap(), 4);
        assert!(is_readable(&here, LONG).await, "a full room says nothing of what is left");
        assert_eq!(here.read(&mut room).unwrap(), 2);
        assert!(!is_readable(&here, MOMENT).await);
        there.write_all(b"g").unwrap();
        assert!(is_readable(&here, LONG).await);
        assert_eq!(here.read(&mut room).unwrap(), 1);
        drop(there);
        assert!(is_readable(&here, LONG).await);
        assert_eq!(here.read(&mut room).unwrap(), 0, "the end is still seen");
    }
}
