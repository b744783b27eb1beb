//! One attempt to connect. Nothing is said to the server.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::failure::{Failure, Peer};
use super::target::{Place, Target};
use crate::config::Family;
use crate::connection::{AsyncSocket, Stream};

/// A connection on which nothing was said.
#[derive(Debug)]
pub struct Connected {
    pub stream: Stream<AsyncSocket>,
    pub at: Addresses,
}

/// Both ends of a connection; `None` for unix sockets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Addresses {
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
}

/// Connects once.
///
/// # Errors
/// What Node's sockets would say.
pub async fn dial(target: &Target) -> Result<Connected, Failure> {
    match target.connect_timeout {
        None => connect(target).await,
        Some(limit) => timeout(limit, connect(target)).await.unwrap_or_else(|_| Err(Failure::too_late())),
    }
}

async fn connect(target: &Target) -> Result<Connected, Failure> {
    match &target.at {
        Place::Path(path) => connect_path(path).await,
        Place::Tcp { host, port, family } => connect_tcp(target, host, *port, *family).await,
    }
}

#[cfg(unix)]
async fn connect_path(path: &Path) -> Result<Connected, Failure> {
    let peer = Peer::Path(path.to_string_lossy().into_owned());
    let socket =
        tokio::net::UnixStream::connect(path).await.map_err(|error| Failure::of_connecting(&error, &peer))?;
    Ok(Connected { stream: Stream::new(AsyncSocket::Unix(Arc::new(socket)), None), at: Addresses::default() })
}

#[cfg(not(unix))]
async fn connect_path(path: &Path) -> Result<Connected, Failure> {
    let peer = Peer::Path(path.to_string_lossy().into_owned());
    Err(Failure::of_connecting(&io::ErrorKind::NotFound.into(), &peer))
}

async fn connect_tcp(target: &Target, host: &str, port: u16, family: Family) -> Result<Connected, Failure> {
    let mut failure = None;
    for address in resolve(host, port, family).await? {
        match try_address(target, address).await {
            Ok((socket, at)) => {
                return Ok(Connected { stream: Stream::new(AsyncSocket::Tcp(Arc::new(socket)), None), at });
            }
            Err(error) => failure = Some(Failure::of_connecting(&error, &Peer::Address(address))),
        }
    }
    Err(failure.unwrap_or_else(|| Failure::of_resolving(&io::ErrorKind::NotFound.into(), host)))
}

async fn try_address(target: &Target, address: SocketAddr) -> io::Result<(TcpStream, Addresses)> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(target.no_delay)?;
    match target.keep_alive {
        None => {}
        // As long as the system waits.
        Some(Duration::ZERO) => SockRef::from(&socket).set_keepalive(true)?,
        Some(time) => SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(time))?,
    }
    let at = Addresses { local: socket.local_addr().ok(), remote: Some(address) };
    Ok((socket, at))
}

async fn resolve(host: &str, port: u16, family: Family) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = lookup_host((host, port)).await.map_err(|error| Failure::of_resolving(&error, host))?;
    Ok(found
        .filter(|address| match family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use socket2::{Domain, Socket, Type};

    use super::*;

    fn target(host: &str, port: u16, connect_timeout: Option<Duration>) -> Target {
        Target {
            at: Place::Tcp { host: host.to_owned(), port, family: Family::V4 },
            connect_timeout,
            keep_alive: Some(Duration::ZERO),
            no_delay: true,
        }
    }

    fn run<R>(future: impl Future<Output = R>) -> R {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn a_server_that_takes_no_connection_is_given_up_after_the_time_for_it() {
        let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        server.bind(&any.into()).unwrap();
        server.listen(0).unwrap();
        let at = server.local_addr().unwrap().as_socket().unwrap();
        let patience = Duration::from_millis(100);
        // Its queue is full when one more has to wait.
        let mut waiting = Vec::new();
        while let Ok(socket) = std::net::TcpStream::connect_timeout(&at, patience) {
            waiting.push(socket);
            assert!(waiting.len() < 1000, "the queue never fills");
        }
        let failure = run(dial(&target("127.0.0.1", at.port(), Some(patience)))).unwrap_err();
        assert_eq!(failure, Failure::too_late());
    }

    #[test]
    fn a_connection_knows_both_of_its_ends() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = server.local_addr().unwrap();
        let connected = run(dial(&target("localhost", at.port(), None))).unwrap();
        assert_eq!(connected.at.remote, Some(at));
        assert_eq!(connected.at.local, Some(server.accept().unwrap().1));
    }

    #[test]
    fn a_host_that_has_no_address_of_the_family_cannot_be_resolved() {
        let failure = run(dial(&target("no-such-host.invalid", 1, None))).unwrap_err();
        assert_eq!(failure.syscall, Some("getaddrinfo"));
        assert_eq!(failure.address.as_deref(), Some("no-such-host.invalid"));
    }
}
