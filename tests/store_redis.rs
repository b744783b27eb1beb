//! The contract that the memory store keeps, kept by Redis through this crate's own requests.
//!
//! The requests are the product's, byte for byte; redis-rs carries them, so that neither the lane nor
//! a driver can hide what the server says.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use orgcache::cache::requests::{CLEAR_INDEX, Operation};
use orgcache::error::{Error, ErrorCode, Result};
use orgcache::store::contract::{Entries, Store, Write, behaviours};
use redis::{Connection, ConnectionLike, Value};

/// The product always gives a lifetime; what the contract keeps for ever, Redis keeps this long.
const FOREVER: Duration = Duration::from_secs(24 * 3600);
/// A wait for an expiry overshoots a little: Redis and we have a clock each.
const CLOCK_SLACK: Duration = Duration::from_millis(20);
/// What belongs to no organization is listed here.
const NO_ORGANIZATION: &[u8] = b"!index of none";
/// The contract lets a key change hands. A key of the cache names its organization, so in Redis
/// none does, and an index lists keys of one organization only.
const NEVER_IN_REDIS: &[&str] = &["what_has_expired_does_not_come_back_as_another_organizations"];

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Server {
        let program =
            std::env::var("ORGCACHE_TEST_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(&program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{program} cannot be started ({error}); `npm test` finds or installs one")
            });
        Server { process, port }
    }

    fn connect(&self) -> Connection {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match client.get_connection() {
                Ok(connection) => return connection,
                Err(error) => assert!(Instant::now() < deadline, "redis-server does not answer: {error}"),
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct RedisStore {
    connection: Connection,
}

impl RedisStore {
    /// Carries an operation out and gives the last reply; the error inside a transaction counts.
    fn run(&mut self, operation: &Operation<'_>) -> Result<Value> {
        let mut request = Vec::new();
        let replies = operation.append(&mut request) as usize;
        let mut answers = self
            .connection
            .req_packed_commands(&request, replies - 1, 1)
            .map_err(|error| Error::reply(&error.to_string()))?;
        match answers.pop() {
            Some(Value::Array(items)) => match items.iter().find_map(server_error) {
                Some(error) => Err(error),
                None => Ok(Value::Array(items)),
            },
            Some(Value::ServerError(error)) => Err(Error::reply(&error.to_string())),
            Some(value) => Ok(value),
            None => Err(Error::new(ErrorCode::Connect, "no reply")),
        }
    }

    fn read(&mut self, operation: &Operation<'_>) -> Result<Value> {
        match self.run(operation) {
            // A read of another type is a miss, to the cache as to the memory store.
            Err(error) if is_wrong_type(&error) => Ok(Value::Nil),
            other => other,
        }
    }

    fn query(&mut self, command: &redis::Cmd) -> Result<Value> {
        command.query(&mut self.connection).map_err(|error| Error::reply(&error.to_string()))
    }
}

/// An index has a name that no value has.
fn index_of(organization: &[u8]) -> Vec<u8> {
    [b"!index:", organization].concat()
}

fn server_error(value: &Value) -> Option<Error> {
    match value {
        Value::ServerError(error) => Some(Error::reply(&error.to_string())),
        _ => None,
    }
}

fn is_wrong_type(error: &Error) -> bool {
    error.message().contains("WRONGTYPE")
}

fn text(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

impl Store for RedisStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.read(&Operation::Get { key }).map(text)
    }

    fn set(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        let ttl = write.ttl.unwrap_or(FOREVER);
        let index = write.organization.map(index_of);
        self.run(&Operation::Set { key, value, ttl, index: index.as_deref() }).map(|_| true)
    }

    fn set_if_absent(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        let exists = self.query(redis::cmd("EXISTS").arg(key))?;
        if exists == Value::Int(1) { Ok(false) } else { self.set(key, value, write) }
    }

    fn delete(&mut self, key: &[u8]) -> Result<bool> {
        self.run(&Operation::Delete { key }).map(|reply| reply == Value::Int(1))
    }

    fn hash_get(&mut self, key: &[u8], field: &[u8]) -> Result<Option<Vec<u8>>> {
        self.read(&Operation::HashGet { key, field }).map(text)
    }

    fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        let index = write.organization.map_or(NO_ORGANIZATION.to_vec(), index_of);
        // The product always gives a lifetime; where the contract gives none, the hash keeps its own.
        let left = match self.query(redis::cmd("PTTL").arg(key))? {
            Value::Int(left) if left > 0 => Duration::from_millis(left as u64),
            _ => FOREVER,
        };
        let ttl = write.ttl.unwrap_or(left);
        let operation = Operation::HashSet { key, field, value, ttl, index: &index };
        match self.run(&operation) {
            // As the cache does: what is no hash gives way.
            Err(error) if is_wrong_type(&error) => {
                self.query(redis::cmd("UNLINK").arg(key))?;
                let ttl = write.ttl.unwrap_or(FOREVER);
                self.run(&Operation::HashSet { key, field, value, ttl, index: &index }).map(|_| true)
            }
            other => other.map(|_| true),
        }
    }

    fn hash_delete(&mut self, key: &[u8], field: &[u8]) -> Result<bool> {
        self.read(&Operation::HashDelete { key, field }).map(|reply| reply == Value::Int(1))
    }

    fn hash_entries(&mut self, key: &[u8]) -> Result<Option<Entries>> {
        let fields = match self.read(&Operation::HashEntries { key })? {
            Value::Array(items) => items,
            Value::Map(pairs) => pairs.into_iter().flat_map(|(key, value)| [key, value]).collect(),
            _ => Vec::new(),
        };
        let texts: Vec<Vec<u8>> = fields.into_iter().filter_map(text).collect();
        let entries: Entries = texts.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        Ok((!entries.is_empty()).then_some(entries))
    }

    fn clear_organization(&mut self, organization: &[u8]) -> Result<usize> {
        let index = index_of(organization);
        let mut removed = 0;
        loop {
            let reply = self.query(redis::cmd("EVAL").arg(CLEAR_INDEX).arg(1).arg(&index).arg(1000))?;
            let Value::Array(items) = reply else { return Ok(removed) };
            let [Value::Int(gone), Value::Int(left)] = items[..] else { return Ok(removed) };
            removed += gone as usize;
            if left == 0 {
                return Ok(removed);
            }
        }
    }

    fn advance(&mut self, time: Duration) {
        std::thread::sleep(time + CLOCK_SLACK);
    }
}

#[test]
fn redis_keeps_every_promise_of_the_store_contract() {
    let server = Server::start();
    let mut missing = Vec::new();
    for behaviour in behaviours().filter(|behaviour| !NEVER_IN_REDIS.contains(&behaviour.name)) {
        let mut store = RedisStore { connection: server.connect() };
        store.query(&redis::cmd("FLUSHALL")).unwrap();
        let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (behaviour.check)(&mut store)));
        if kept.is_err() {
            missing.push(behaviour.name);
        }
    }
    assert!(missing.is_empty(), "Redis does not keep: {}", missing.join(", "));
}
