//! All queues and workers of one client, as JavaScript's thread uses them.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::ask::{Ask, Asking, organization};
use super::backoff::MAX_DELAY_MS;
use super::contract::{Change, NewJob};
use super::decode::Call;
use super::ending::{MAX_ERROR_BYTES, error_json};
use super::engine;
use super::hand::Outcome as HandlerOutcome;
use super::kept::KeptIn;
use super::keys::{QueueKeys, digest, escaped, mark};
use super::listening::{Listening, Place};
use super::machine::{Machine, Settings};
use super::options::{JobOptions, QueueOptions, WorkerOptions, object, refuse_unknown};
use super::record::Job;
use super::shared::{Closes, Desk, LETTERS, OpenedQueue, Order, Shared};
use super::variables;
use super::watching::Watching;
use crate::config::Topology;
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Node, Outcome, misuse};
use crate::runtime::IoThread;

/// Jobs of one call.
pub(super) const MOST_JOBS: usize = 500;
const CLOSE_QUEUE_MS: u64 = 5_000;
const CLOSE_WORKER_MS: u64 = 30_000;
const VALUES_A_JOB: usize = 4;
const VALUES_AN_OUTCOME: usize = 4;
const MAX_LOG_BYTES: usize = 4_096;

/// The queues of one client. Any thread may use it.
pub struct Queues {
    pub(super) node: Arc<Node>,
    pub(super) front: Arc<Front>,
}

/// What all nodes of a cluster share.
pub struct Front {
    node: Arc<Node>,
    pub shared: Arc<Shared>,
    // Held while the task is started.
    is_started: Mutex<bool>,
    workers: AtomicU64,
    readers: AtomicU64,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.inbox.stop();
    }
}

fn since_1970() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Ten letters that no other sender has.
fn sender() -> String {
    let (mut number, mut out) = (u128::from(random()) << 64 | u128::from(random()), String::new());
    for _ in 0..10 {
        out.push(char::from(LETTERS[(number % 62) as usize]));
        number /= 62;
    }
    out
}

fn nothing() -> Outcome<'static> {
    Outcome::Null
}

fn told(text: Option<String>) -> Outcome<'static> {
    text.map_or(Outcome::Null, |text| Outcome::Text(text.into_bytes().into()))
}

impl Queues {
    pub fn new(node: Arc<Node>) -> Queues {
        let front = Front {
            node: node.clone(),
            shared: Arc::default(),
            is_started: Mutex::new(false),
            workers: AtomicU64::new(0),
            readers: AtomicU64::new(0),
        };
        Queues { node, front: Arc::new(front) }
    }

    /// `tell` is called when there is something to take.
    pub fn listen(&self, tell: impl Fn() + Send + Sync + 'static) {
        self.front.shared.listen(tell);
    }

    pub fn keeps_alive(&self) -> bool {
        self.front.shared.keeps_alive()
    }

    pub(super) fn carry_out(&self, call: &Call<'_>, now: Instant) -> Result<Outcome<'static>> {
        let shared = &self.front.shared;
        match call.verb {
            "normalize" => normalize(call),
            "open" => self.open(call),
            "add" => self.add(call),
            "ask" => {
                let (number, queue) = (call.number(0)?, call.number(1)?);
                let opened = shared.queue(queue)?;
                let made = || opened.next_id();
                let asking = Asking { options: &opened.options, made: &made, now: since_1970() };
                let ask = Ask::new(call.about, call.given.text(2)?, &asking)?;
                if let Some(organization) = ask.scheduled_for().filter(|_| erasure::is_any()) {
                    erasure::check(self.node.data(), Some(organization))?;
                }
                check_payload(ask.payload_bytes(), opened.options.max_payload_bytes)?;
                let ask = Box::new(ask);
                self.begin_call(Order::Ask { call: number, queue, ask });
                Ok(nothing())
            }
            "turn" => {
                self.turn(call, now)?;
                Ok(told(shared.take_events(now)))
            }
            "take" => Ok(told(shared.take_events(now))),
            _ => self.tell(call, now),
        }
    }

    /// A call whose end comes as an event.
    fn begin_call(&self, order: Order) {
        self.front.shared.open_calls.fetch_add(1, Ordering::AcqRel);
        self.front.shared.order(order);
    }

    fn open(&self, call: &Call<'_>) -> Result<Outcome<'static>> {
        let name = call.name(0, "the name of a queue")?.to_owned();
        let options = call.given.required(1, "the options")?;
        match call.about {
            "reader" => return self.open_reader(name, options),
            "watch" => return self.open_watch(name, options),
            _ => {}
        }
        let config = self.front.node.config();
        let is_clustered = matches!(config.topology(), Topology::Cluster { .. });
        QueueKeys::new(&config.room_prefix, &name, is_clustered)?;
        let database = variables::database(options, is_clustered)?;
        let shared = &self.front.shared;
        let answer = if call.about == "queue" {
            let options = Arc::new(QueueOptions::from_json(options)?);
            self.front.start(database)?;
            let opened = OpenedQueue {
                name: name.clone(),
                options: options.clone(),
                sender: sender(),
                made: AtomicU64::new(0),
            };
            let (queue, _) = shared.open_queue(opened);
            shared.order(Order::OpenQueue { queue, name, options });
            json!({ "queue": queue })
        } else {
            let options = WorkerOptions::from_json(options)?;
            self.front.start(database)?;
            let number = self.front.workers.fetch_add(1, Ordering::Relaxed) + 1;
            let usual = || format!("{}:{}:{number}", host(), std::process::id());
            let of = options.name.clone().unwrap_or_else(usual);
            let desk = Desk::new(
                options,
                of.clone(),
                format!("{}~{}", escaped(Some(&of)), sender()),
                shared.tally(&name),
            );
            let (worker, desk) = shared.open_worker(desk);
            shared.order(Order::OpenWorker { worker, name, desk });
            json!({ "worker": worker, "name": of })
        };
        Ok(told(Some(answer.to_string())))
    }

    /// A reader of the events of a queue that is open.
    fn open_reader(&self, name: String, options: &str) -> Result<Outcome<'static>> {
        let given = object(options, "the options")?;
        refuse_unknown(&given, &["from", "orgId"], "")?;
        let from = given.get("from").filter(|from| !from.is_null());
        let place = from.and_then(Value::as_str).and_then(Place::read);
        if from.is_some() && place.is_none() {
            let sentence = "the option from is not allowed; give the id of an event, such as 1764132000000-7";
            return Err(Error::new(ErrorCode::Argument, sentence));
        }
        let listening = Box::new(Listening::new(place, organization(&given)?));
        let reader = self.front.readers.fetch_add(1, Ordering::Relaxed) as u32;
        self.front.shared.order(Order::OpenReader { reader, name, listening });
        Ok(told(Some(json!({ "reader": reader }).to_string())))
    }

    /// Somebody watches a queue that is open.
    fn open_watch(&self, name: String, limits: &str) -> Result<Outcome<'static>> {
        let watching = Box::new(Watching::from_json(limits)?);
        let watch = self.front.readers.fetch_add(1, Ordering::Relaxed) as u32;
        self.front.shared.order(Order::OpenWatch { watch, name, watching });
        Ok(told(Some(json!({ "watch": watch }).to_string())))
    }

    fn add(&self, call: &Call<'_>) -> Result<Outcome<'static>> {
        let (number, queue) = (call.number(0)?, call.number(1)?);
        let opened = self.front.shared.queue(queue)?;
        let count = call.given.count().saturating_sub(2) / VALUES_A_JOB;
        if count == 0 || count > MOST_JOBS {
            return Err(misuse("an add has 1 to 500 jobs"));
        }
        if erasure::is_any() {
            for at in 0..count {
                let organization = call.optional_name(3 + at * VALUES_A_JOB, "orgId")?;
                erasure::check(self.node.data(), organization)?;
            }
        }
        let jobs = (0..count).map(|at| new_job(call, 2 + at * VALUES_A_JOB, &opened));
        let jobs = jobs.collect::<Result<Vec<NewJob>>>()?;
        self.front.shared.open_calls.fetch_add(1, Ordering::AcqRel);
        self.front.shared.order_with_others(Order::Add { call: number, queue, jobs });
        Ok(nothing())
    }

    fn turn(&self, call: &Call<'_>, now: Instant) -> Result<()> {
        let desk = self.front.shared.worker(call.number(0)?)?;
        let count = call.given.count().saturating_sub(1) / VALUES_AN_OUTCOME;
        let chance = (random() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut hand = desk.hand();
        for at in (0..count).map(|at| 1 + at * VALUES_AN_OUTCOME) {
            let fence = call.given.number(at).unwrap_or(0.0) as u64;
            let outcome = call.number(at + 1).ok().and_then(|at| HandlerOutcome::ALL.get(at as usize));
            let Some((outcome, _)) = outcome else { return Err(misuse("a handler has an unknown outcome")) };
            let is_error = matches!(outcome, HandlerOutcome::Failed | HandlerOutcome::Unrecoverable);
            let payload = call.given.bytes(at + 2);
            let payload = if is_error { cut(payload) } else { payload.to_vec() };
            let delay = Duration::from_millis(call.ms(at + 3).min(MAX_DELAY_MS));
            hand.finish(fence, *outcome, payload, delay, chance, now);
        }
        drop(hand);
        self.front.shared.look();
        Ok(())
    }

    fn tell(&self, call: &Call<'_>, now: Instant) -> Result<Outcome<'static>> {
        let shared = &self.front.shared;
        match call.about {
            "run" | "resume" => shared.worker(call.number(0)?)?.hand().run(now),
            "pause" => shared.worker(call.number(0)?)?.hand().pause(),
            "concurrency" => {
                let concurrency = call.number(1)?;
                if !(1..=10_000).contains(&concurrency) {
                    let sentence = format!("concurrency is {concurrency}; give an integer from 1 to 10000");
                    return Err(Error::new(ErrorCode::Config, sentence));
                }
                shared.worker(call.number(0)?)?.hand().set_concurrency(concurrency as usize, now);
            }
            "listen" => {
                let mask = call.number(1)? as usize;
                shared.worker(call.number(0)?)?.listens.store(mask, Ordering::Relaxed);
            }
            "stats" => return Ok(told(Some(self.stats(call)?.to_string()))),
            "closeWorker" => {
                let (number, worker) = (call.number(0)?, call.number(1)?);
                let timeout = Duration::from_millis(call.ms_or(2, CLOSE_WORKER_MS));
                let within = call.given.number(3).map(|_| Duration::from_millis(call.ms(3)));
                let desk = shared.worker(worker);
                let before = desk.map(|desk| desk.hand().counts).unwrap_or_default();
                let closes = Closes { timeout, within, before };
                self.begin_call(Order::CloseWorker { call: number, worker, closes });
            }
            "closeQueue" => {
                let (number, queue) = (call.number(0)?, call.number(1)?);
                shared.close_queue(queue);
                let timeout = Duration::from_millis(call.ms_or(2, CLOSE_QUEUE_MS));
                self.begin_call(Order::CloseQueue { call: number, queue, timeout });
            }
            "read" => {
                let (number, reader) = (call.number(0)?, call.number(1)?);
                let begins = call.given.number(2) == Some(1.0);
                self.begin_call(Order::Read { call: number, reader, begins });
            }
            "closeWatch" => shared.order(Order::CloseWatch { watch: call.number(0)? }),
            "closeReader" => shared.order(Order::CloseReader { reader: call.number(0)? }),
            "abandon" => shared.order(Order::Abandon { call: call.number(0)? }),
            "look" => {}
            _ => self.change_job(call)?,
        }
        shared.look();
        Ok(nothing())
    }

    fn change_job(&self, call: &Call<'_>) -> Result<()> {
        let (number, worker) = (call.number(0)?, call.number(1)?);
        let fence = call.given.number(2).unwrap_or(0.0) as u64;
        let change = Change::ALL.get(call.number(3)? as usize);
        let (change, _) = *change.ok_or_else(|| misuse("a job's call is unknown"))?;
        self.front.shared.worker(worker)?;
        let mut value = call.given.bytes(4).to_vec();
        match change {
            Change::Extend => value = call.ms(5).min(MAX_DELAY_MS).to_string().into_bytes(),
            Change::Log => value.truncate(MAX_LOG_BYTES),
            Change::Progress | Change::Data => {}
        }
        self.begin_call(Order::Job { call: number, worker, fence, change, value });
        Ok(())
    }

    fn stats(&self, call: &Call<'_>) -> Result<Value> {
        let shared = &self.front.shared;
        if call.number(0)? == 0 {
            let opened = shared.queue(call.number(1)?)?;
            return Ok(json!({ "name": opened.name, "made": opened.made.load(Ordering::Relaxed) }));
        }
        Ok(shared.worker(call.number(1)?)?.describe())
    }
}

pub(super) fn normalize(call: &Call<'_>) -> Result<Outcome<'static>> {
    call.name(0, "the name of a queue")?;
    let text = call.given.required(1, "the options")?;
    let described = match call.about {
        "queue" => QueueOptions::from_json(text)?.describe(),
        _ => WorkerOptions::from_json(text)?.describe(),
    };
    Ok(Outcome::Json(described.to_string().into_bytes().into()))
}

impl Front {
    /// The first queue starts the task on the I/O thread, with connections to that database or else to the cache's.
    fn start(&self, database: Option<u32>) -> Result<()> {
        let mut is_started = self.is_started.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_started {
            return Ok(());
        }
        let io = IoThread::shared()?;
        let config = self.node.config();
        let is_clustered = config.use_redis() && matches!(config.topology(), Topology::Cluster { .. });
        let settings = Settings {
            prefix: config.room_prefix.clone(),
            command_timeout: config.command_timeout,
            is_clustered,
            embedded_bytes: (!config.use_redis()).then_some(config.memory_max_bytes),
            kept: config.journal_dir.clone().filter(|_| config.use_redis()).map(|directory| KeptIn {
                directory,
                target: format!(
                    "{}/{} {}",
                    config.topology(),
                    database.unwrap_or(config.database),
                    config.room_prefix
                ),
            }),
        };
        let machine = Machine::new(settings, self.shared.clone(), random(), Instant::now(), since_1970());
        let own = self.node.dialer();
        let dialer = || database.map_or_else(|| own.clone(), |database| own.in_database(database));
        let dialer = config.use_redis().then(dialer);
        engine::start(machine, self.shared.clone(), dialer, is_clustered, io);
        *is_started = true;
        Ok(())
    }
}

fn check_payload(bytes: usize, most: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let sentence =
        format!("the data of a job is larger than maxPayloadBytes ({most} bytes); nothing was sent");
    Err(Error::new(ErrorCode::ValueTooLarge, sentence))
}

fn new_job(call: &Call<'_>, at: usize, opened: &OpenedQueue) -> Result<NewJob> {
    let kind = call.name(at, "the type of a job")?;
    let organization = call.optional_name(at + 1, "orgId")?;
    if !call.given.is_given(at + 2) {
        return Err(Error::new(
            ErrorCode::Serialize,
            "the data of a job is undefined; give something that is JSON",
        ));
    }
    let data = call.given.bytes(at + 2);
    check_payload(data.len(), opened.options.max_payload_bytes)?;
    let options = opened.options.job.of_job(call.given.text(at + 3)?)?;
    let JobOptions { attempts, backoff, timeout_ms, priority, delay_ms, key, is_until_done, window_ms } =
        options;
    let name = key.as_ref().map(|key| mark(organization, key)).unwrap_or_default();
    let job = Job {
        kind: kind.to_owned(),
        organization: organization.map(str::to_owned),
        priority,
        max_attempts: attempts,
        timeout_ms,
        backoff,
        mark: Some(name.clone()).filter(|name| is_until_done && !name.is_empty()),
        key,
        schedule: None,
        slot: None,
    };
    let (head, tail) = job.write(data);
    Ok(NewJob {
        id: opened.next_id(),
        organization: escaped(organization),
        priority,
        delay_ms,
        head,
        tail,
        digest: if name.is_empty() { String::new() } else { digest(&[kind.as_bytes(), &[0], data]) },
        mark: name,
        window_ms: if is_until_done { 0 } else { window_ms },
    })
}

/// An error's JSON that is not too long; a shorter one in its place.
fn cut(payload: &[u8]) -> Vec<u8> {
    if payload.len() <= MAX_ERROR_BYTES {
        return payload.to_vec();
    }
    let given: Option<Value> = serde_json::from_slice(payload).ok();
    let text = |name: &str, most: usize| -> String {
        let text = given.as_ref().and_then(|given| given.get(name)?.as_str()).unwrap_or_default();
        text.chars().take(most).collect()
    };
    let short = json!({ "name": text("name", 100), "message": text("message", 1_000), "code": text("code", 100),
        "stack": text("stack", 600) });
    let short = short.to_string().into_bytes();
    if short.len() <= MAX_ERROR_BYTES { short } else { error_json("Error", "the error was too long to keep") }
}

fn host() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("COMPUTERNAME"));
    let name = name.unwrap_or_default().trim().chars().take(60).collect::<String>();
    if name.is_empty() { "host".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::super::shared::base62;
    use super::*;

    #[test]
    fn ids_are_letters_and_digits_that_grow() {
        let mut all: Vec<String> = Vec::new();
        for number in [0, 1, 61, 62, 3843, 3844, u64::MAX] {
            let mut text = String::new();
            base62(number, &mut text);
            all.push(text);
        }
        assert_eq!(all, ["0", "1", "z", "10", "zz", "100", "LygHa16AHYF"]);
        assert_eq!(sender().len(), 10);
        assert_ne!(sender(), sender());
    }

    #[test]
    fn a_long_error_is_cut_and_stays_json() {
        let long =
            json!({ "name": "E", "message": "m".repeat(20_000), "stack": "s".repeat(20_000) }).to_string();
        let short: Value = serde_json::from_slice(&cut(long.as_bytes())).unwrap();
        assert_eq!(
            (short["name"].as_str(), short["message"].as_str().map(str::len)),
            (Some("E"), Some(1_000))
        );
        assert_eq!(cut(b"{}"), b"{}");
    }
}
