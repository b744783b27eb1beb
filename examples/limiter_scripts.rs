//! Measures the cost of the rate limiter's script for a server: microseconds of its main thread a check, by the size of batches.
//!
//! `cargo run --no-default-features --features cache --example limiter_scripts -- 127.0.0.1:6379`
//!
//! The server must be one that nobody else uses. It is emptied.

use std::sync::Arc;

use orgcache::lane::Frame;
use orgcache::limiter::{BatchCheck, CheckBatch, Policy, PolicyOptions, append_eval};

#[path = "support/server.rs"]
mod server;
use server::{Result, Server};

/// Checks a measurement.
const CHECKS: usize = 200_000;
const SIZES: [usize; 4] = [1, 32, 64, 128];
/// Requests in flight, so that the server is never idle.
const IN_FLIGHT: usize = 16;

struct Workload {
    policy: Arc<Policy>,
    /// Identities that are asked about in turn.
    identities: usize,
    has_blocks: bool,
    /// Checks of different policies that are one call.
    checks_a_call: usize,
}

impl Workload {
    fn new(algorithm: &str, limit: u64, identities: usize) -> Result<Workload> {
        let options = PolicyOptions {
            algorithm: Some(algorithm),
            limit: Some(limit as f64),
            window_seconds: Some(60.0),
            ..PolicyOptions::default()
        };
        let policy = Arc::new(Policy::new("p", &options)?);
        Ok(Workload { policy, identities, has_blocks: true, checks_a_call: 1 })
    }

    fn request(&self, from: usize, size: usize, request: &mut Vec<u8>) -> CheckBatch {
        let mut batch = CheckBatch::default();
        for number in (from..from + size).step_by(self.checks_a_call) {
            let identity = number % self.identities;
            let keys: Vec<[String; 2]> = (0..self.checks_a_call)
                .map(|policy| {
                    [
                        format!("app!limit:default:policy{policy}:{{{identity:032x}}}"),
                        format!("app!limit:default!block:{{{identity:032x}}}"),
                    ]
                })
                .collect();
            let call: Vec<BatchCheck<'_>> = keys
                .iter()
                .map(|[key, block]| BatchCheck {
                    policy: &self.policy,
                    cost: 1,
                    key: key.as_bytes(),
                    block_key: self.has_blocks.then_some(block.as_bytes()),
                    own_block_key: None,
                    is_peek: false,
                })
                .collect();
            if batch.has_room(call.len()) {
                batch.add(&call);
            }
        }
        request.clear();
        batch.append_to(request);
        batch
    }

    /// Microseconds a check.
    fn measure(&self, server: &mut Server, size: usize, checks: usize) -> Result<f64> {
        let requests = checks / size;
        let mut request = Vec::new();
        let mut waiting = std::collections::VecDeque::new();
        let (before, mut decided) = (server.worked_us()?, 0);
        for number in 0..requests + IN_FLIGHT {
            if number < requests {
                waiting.push_back(self.request(number * size, size, &mut request));
                server.send(&request)?;
            }
            if number >= IN_FLIGHT {
                let (reply, batch) = (server.reply()?, waiting.pop_front().ok_or("no batch")?);
                decided += batch.decode(Frame::new(&reply))?.calls().count() * self.checks_a_call;
            }
        }
        Ok((server.worked_us()? - before) / decided as f64)
    }

    fn print(&self, server: &mut Server, label: &str) -> Result<()> {
        print!("{label:40}");
        for size in SIZES.into_iter().filter(|size| *size >= self.checks_a_call) {
            server.command(&[b"FLUSHALL"])?;
            // The server is told the script.
            let (mut request, mut whole) = (Vec::new(), Vec::new());
            self.request(0, self.checks_a_call, &mut request);
            append_eval(&request, &mut whole);
            server.send(&whole)?;
            server.reply()?;
            server.command(&[b"FLUSHALL"])?;
            // Keys are made before, where they are known ones.
            let checks = CHECKS.min(if size == 1 { CHECKS / 4 } else { CHECKS });
            if self.identities < checks {
                self.measure(server, 128, self.identities.next_multiple_of(128))?;
            }
            print!("{size:>5}: {:5.2}", self.measure(server, size, checks)?);
        }
        println!();
        Ok(())
    }
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let mut server = Server::connect(&address)?;
    println!("us of the main thread a check, by checks a batch");
    let (new, known) = (CHECKS * 2, 20_000);
    for algorithm in ["sliding", "gcra", "fixed", "log"] {
        let workload = Workload::new(algorithm, 1000, new)?;
        workload.print(&mut server, &format!("{algorithm}, new identities"))?;
        let workload = Workload { identities: known, ..workload };
        workload.print(&mut server, &format!("{algorithm}, known identities"))?;
    }
    let bare = Workload { has_blocks: false, ..Workload::new("sliding", 1000, new)? };
    bare.print(&mut server, "sliding, new, without blocks")?;
    let bare = Workload { identities: known, ..bare };
    bare.print(&mut server, "sliding, known, without blocks")?;
    Workload::new("sliding", 1, known)?.print(&mut server, "sliding, limited")?;
    let three = Workload { checks_a_call: 3, ..Workload::new("sliding", 1000, new)? };
    three.print(&mut server, "sliding, new, three checks a call")?;
    Ok(())
}
