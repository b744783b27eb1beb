//! A server whose work is measured: requests by hand, and the time of its main thread.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use orgcache::lane::append_command;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub struct Server {
    socket: BufReader<TcpStream>,
}

impl Server {
    pub fn connect(address: &str) -> Result<Server> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        Ok(Server { socket: BufReader::with_capacity(1 << 20, socket) })
    }

    pub fn send(&mut self, request: &[u8]) -> Result<()> {
        Ok(self.socket.get_mut().write_all(request)?)
    }

    /// The bytes of one reply.
    pub fn reply(&mut self) -> Result<Vec<u8>> {
        let mut reply = Vec::new();
        let mut missing = 1;
        while missing > 0 {
            let from = reply.len();
            self.socket.read_until(b'\n', &mut reply)?;
            let length =
                || std::str::from_utf8(&reply[from + 1..reply.len() - 2])?.parse::<i64>().map_err(Into::into);
            missing -= 1;
            match reply[from] {
                b'*' => missing += length().map_err(|error: Box<dyn Error>| error)?,
                b'$' if reply[from..].starts_with(b"$-") => {}
                b'$' => {
                    let bytes = usize::try_from(length().map_err(|error: Box<dyn Error>| error)? + 2)?;
                    let from = reply.len();
                    reply.resize(from + bytes, 0);
                    self.socket.read_exact(&mut reply[from..])?;
                }
                b'-' => return Err(String::from_utf8_lossy(&reply[from..]).into()),
                _ => {}
            }
        }
        Ok(reply)
    }

    pub fn command(&mut self, words: &[&[u8]]) -> Result<Vec<u8>> {
        let mut request = Vec::new();
        append_command(&mut request, words);
        self.send(&request)?;
        self.reply()
    }

    /// Microseconds that the main thread has worked.
    pub fn worked_us(&mut self) -> Result<f64> {
        let info = String::from_utf8(self.command(&[b"INFO", b"cpu"])?)?;
        let parts = info.lines().filter(|line| line.contains("_main_thread:"));
        let seconds: Vec<f64> =
            parts.filter_map(|line| line.split_once(':')?.1.trim().parse().ok()).collect();
        if seconds.len() == 2 {
            Ok(seconds.iter().sum::<f64>() * 1e6)
        } else {
            Err("Redis 6.2 or later is needed".into())
        }
    }
}
