//! The machine on virtual time, with a played server: what is sent, what is sent again, and what callers hear.

mod failover;
mod heirs;
mod signs;
mod slots;
mod told;

use serde_json::{Value, json};

use super::*;
use crate::lane::Arguments;
use crate::queue::ask::{Ask, Asking};
use crate::queue::contract::{NewJob, Turned, Word};
use crate::queue::hand::{HandCounts, Outcome};
use crate::queue::options::{QueueOptions, WorkerOptions};
use crate::queue::record::Job;
use crate::queue::shared::{Closes, Desk, OpenedQueue};

const QUEUE: LineId = (0, LineKind::Queue);
const LEASE: LineId = (0, LineKind::Lease);
const MS: Duration = Duration::from_millis(1);

struct Played {
    machine: Machine,
    shared: Arc<Shared>,
    now: Instant,
    queue: u32,
    calls: u32,
    desk: Option<Arc<Desk>>,
    /// What the last connection was given to send again.
    again: Vec<u64>,
}

impl Played {
    fn new(options: &str) -> Played {
        let shared: Arc<Shared> = Arc::default();
        let settings = Settings {
            prefix: "app:".to_owned(),
            command_timeout: 1_000 * MS,
            is_clustered: false,
            embedded_bytes: None,
            kept: None,
        };
        let now = Instant::now();
        let machine = Machine::new(settings, shared.clone(), 7, now, 0);
        let mut played = Played { machine, shared, now, queue: 0, calls: 0, desk: None, again: Vec::new() };
        played.open(options);
        played
    }

    /// Opens the queue, once more where it is open. Later adds are of this one.
    fn open(&mut self, options: &str) {
        let options = Arc::new(QueueOptions::from_json(options).unwrap());
        let opened = OpenedQueue {
            name: "mail".to_owned(),
            options: options.clone(),
            sender: "sender".to_owned(),
            made: 0.into(),
        };
        (self.queue, _) = self.shared.open_queue(opened);
        self.shared.order(Order::OpenQueue { queue: self.queue, name: "mail".to_owned(), options });
        self.machine.advance(self.now);
    }

    fn connect(&mut self, run_id: &str) -> Vec<u64> {
        let again = self.machine.line_connected(QUEUE, Some(run_id), self.now);
        self.machine.line_connected(LEASE, Some(run_id), self.now);
        self.machine.advance(self.now);
        self.again.clone_from(&again);
        again
    }

    fn disconnect(&mut self) {
        self.machine.line_disconnected(QUEUE, self.now);
        self.machine.line_disconnected(LEASE, self.now);
        self.machine.advance(self.now);
    }

    fn pass(&mut self, ms: u32) {
        self.now += MS * ms;
        self.machine.advance(self.now);
    }

    fn add(&mut self, id: &str) -> u32 {
        self.add_with(id, b"{}")
    }

    fn add_with(&mut self, id: &str, data: &[u8]) -> u32 {
        self.calls += 1;
        let job = Job {
            kind: "t".to_owned(),
            organization: None,
            priority: 0,
            max_attempts: 3,
            timeout_ms: 0,
            backoff: crate::queue::backoff::Backoff::default(),
            key: None,
            mark: None,
            schedule: None,
            slot: None,
        };
        let (head, tail) = job.write(data);
        let job = NewJob {
            id: id.to_owned(),
            organization: String::new(),
            priority: 0,
            delay_ms: 0,
            head,
            tail,
            mark: String::new(),
            digest: String::new(),
            window_ms: 0,
        };
        self.begin(Order::Add { call: self.calls, queue: self.queue, jobs: vec![job] });
        self.calls
    }

    fn begin(&mut self, order: Order) {
        self.shared.open_calls.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
        self.shared.order(order);
        self.machine.advance(self.now);
    }

    /// What a line sends now: numbers of requests, and their words.
    fn sent_on(&mut self, line: LineId) -> Vec<(u64, Vec<String>)> {
        let ids = self.machine.lines.take_queued(line);
        self.words_of(&ids)
    }

    fn words_of(&mut self, ids: &[u64]) -> Vec<(u64, Vec<String>)> {
        let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
        let words = ids.iter().filter_map(|id| {
            let (bytes, _) = self.machine.request(*id)?;
            Some((*id, Arguments::new(bytes).map(text).collect()))
        });
        words.collect()
    }

    fn answer(&mut self, id: u64, reply: Result<Reply>) {
        self.machine.answered(id, reply, self.now);
        self.machine.advance(self.now);
    }

    /// The server has the layout, and evicts nothing.
    fn greet(&mut self) {
        let (id, _) = self.told_settings();
        self.told(id);
    }

    /// The number of the request that tells the settings, and its words.
    fn told_settings(&mut self) -> (u64, Vec<String>) {
        let mut ids = std::mem::take(&mut self.again);
        ids.extend(self.machine.lines.take_queued(QUEUE));
        let [(id, words)] = self.words_of(&ids).try_into().unwrap();
        assert_eq!(words[7], "configure");
        (id, words)
    }

    fn told(&mut self, id: u64) {
        self.answer(id, Ok(Reply::Words(vec![Word::Number(1)])));
        let [(id, words)] = self.sent_on(QUEUE).try_into().unwrap();
        assert_eq!(words[6], "eviction");
        self.answer(id, Ok(Reply::Words(vec!["noeviction".into(), "0".into()])));
    }

    fn events(&mut self) -> Vec<Value> {
        let text = self.shared.take_events(self.now).unwrap_or_else(|| "[]".to_owned());
        serde_json::from_str(&text).unwrap()
    }

    /// The codes of calls that were rejected.
    fn rejected(&mut self) -> Vec<(u32, String)> {
        let events = self.events().into_iter().filter(|event| event[0] == 1);
        let end =
            |event: Value| (event[1].as_u64().unwrap() as u32, event[2]["code"].as_str().unwrap().to_owned());
        events.map(end).collect()
    }

    fn work(&mut self) {
        self.work_with(r#"{"concurrency":2,"prefetch":0}"#);
    }

    fn work_with(&mut self, options: &str) {
        let options = WorkerOptions::from_json(options).unwrap();
        let (worker, desk) =
            self.shared.open_worker(Desk::new(options, "w".to_owned(), "w~1".to_owned(), Arc::default()));
        self.shared.order(Order::OpenWorker { worker, name: "mail".to_owned(), desk: desk.clone() });
        desk.hand().run(self.now);
        self.desk = Some(desk);
        self.machine.advance(self.now);
    }
}

fn added() -> Result<Reply> {
    Ok(Reply::Added { hints: crate::queue::contract::Hints::default(), held: Vec::new() })
}

/// Sender and number of an add or a turn.
fn number(words: &[String]) -> (&str, &str) {
    (&words[6], &words[7])
}

#[test]
fn settings_that_come_while_others_are_being_told_are_there_before_the_first_add() {
    let mut played = Played::new("{}");
    played.work();
    played.connect("run");
    let (first, words) = played.told_settings();
    assert!(!words.contains(&"300".to_owned()));
    played.open(r#"{"rate":{"max":5,"perMs":300}}"#);
    played.add("j1");
    played.told(first);
    let (second, words) = played.told_settings();
    assert!(words.contains(&"300".to_owned()));
    played.told(second);
    let sent = played.sent_on(QUEUE);
    assert!(sent.iter().any(|(_, words)| words.contains(&"j1".to_owned())), "{sent:?}");
}

#[test]
fn adds_gather_behind_the_one_under_way() {
    let mut played = Played::new("{}");
    played.connect("run");
    played.add("j1");
    played.greet();
    let [(first, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((number(&words), words[10].as_str()), (("sender", "1"), "1"));
    played.add("j2");
    played.add("j3");
    assert!(played.sent_on(QUEUE).is_empty());
    played.answer(first, added());
    let [(second, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((number(&words), words[10].as_str()), (("sender", "2"), "2"));
    played.answer(second, added());
    let told = |call: u32, id: &str| json!([7, call, id]);
    assert_eq!(played.events(), [told(1, "j1"), told(2, "j2"), told(3, "j3")]);
}

#[test]
fn what_was_not_answered_is_sent_again_with_the_same_bytes() {
    let mut played = Played::new("{}");
    played.connect("run");
    played.add("j1");
    played.greet();
    let before = played.sent_on(QUEUE);
    played.disconnect();
    played.add("j2");
    let again = played.connect("run");
    assert_eq!(played.words_of(&again), before);
    assert!(played.sent_on(QUEUE).is_empty());
    played.answer(again[0], added());
    assert_eq!(number(&played.sent_on(QUEUE)[0].1), ("sender", "2"));
}

#[test]
fn callers_hear_by_their_deadline_and_what_nobody_waits_for_is_not_sent_again() {
    let mut played = Played::new("{}");
    let away = played.add("j1");
    played.pass(1_000);
    assert_eq!(played.rejected(), [(away, "E_CONNECT".to_owned())]);
    played.connect("run");
    let silent = played.add("j2");
    played.greet();
    played.sent_on(QUEUE);
    played.pass(1_000);
    assert_eq!(played.rejected(), [(silent, "E_TIMEOUT".to_owned())]);
    let lost = played.add("j3");
    played.disconnect();
    // The first add had no caller left; the second was never sent.
    played.pass(1_000);
    assert_eq!(played.rejected(), [(lost, "E_CONNECT".to_owned())]);
    assert!(played.connect("run").is_empty());
    let last = played.add("j4");
    let [(_, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((number(&words).1, words[11].as_str()), ("3", "j4"));
    played.disconnect();
    played.pass(1_000);
    assert_eq!(played.rejected(), [(last, "E_UNKNOWN_OUTCOME".to_owned())]);
    assert!(played.connect("run").is_empty());
}

#[test]
fn a_refusal_of_the_server_is_the_callers_and_one_that_passes_is_not() {
    let mut played = Played::new("{}");
    played.connect("run");
    let full = played.add("j1");
    played.greet();
    let id = played.sent_on(QUEUE)[0].0;
    played.answer(id, Err(Error::reply("LOADING Redis is loading the dataset in memory")));
    assert!(played.events().is_empty() && played.sent_on(QUEUE).is_empty());
    played.pass(100);
    let [(again, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((again, number(&words).1), (id, "1"));
    played.answer(again, Err(Error::reply("OOM command not allowed")));
    assert_eq!(played.rejected(), [(full, "E_REPLY".to_owned())]);
}

#[test]
fn a_journalled_add_is_acknowledged_at_once_and_sent_when_redis_is_back() {
    let mut played = Played::new(r#"{"onRedisDown":"journal"}"#);
    let call = played.add("j1");
    let told = json!([0, call, [{ "id": "j1", "created": true, "journalled": true }]]);
    assert_eq!(played.events(), [told]);
    played.pass(60_000);
    assert!(played.events().is_empty());
    played.connect("run");
    played.greet();
    let [(id, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[11], "j1");
    played.disconnect();
    assert_eq!(played.connect("run"), [id]);
}

#[test]
fn a_worker_asks_as_soon_as_redis_is_there_and_its_results_wait_for_it() {
    let mut played = Played::new("{}");
    played.work();
    played.pass(20_000);
    played.connect("run");
    played.greet();
    let [(id, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((number(&words), words[9].as_str()), (("w~1", "1"), "2"));
    let record =
        b"1 a00/03 s00 p+0000 c1800000000000 t00000000\n{\"g\":\"\",\"t\":\"t\"}\n{\"n\":1}".to_vec();
    let given = vec![("j1:5:w~1:1800000000000".to_owned(), record)];
    played.answer(id, Ok(Reply::Turned(Turned { given, ..Turned::default() })));
    let begun: Vec<Value> = played.events().into_iter().filter(|event| event[0] == 2).collect();
    assert_eq!((&begun[0][2]["fence"], &begun[0][2]["data"]), (&json!(5), &json!({ "n": 1 })));
    played.disconnect();
    let desk = played.desk.clone().unwrap();
    desk.hand().finish(5, Outcome::Completed, b"7".to_vec(), Duration::ZERO, 0.0, played.now);
    played.pass(30_000);
    let again = played.connect("run");
    let words = played.words_of(&again);
    assert_eq!((number(&words[0].1).1, words[0].1[12].as_str()), ("2", "j1:5:w~1:1800000000000"));
    // A server that refuses it for a while is asked again, and its operator hears of it.
    played.answer(again[0], Err(Error::reply("MISCONF Redis is configured to save")));
    assert!(played.events().iter().any(|event| event[2] == "error" && event[3]["code"] == "E_REPLY"));
    played.pass(100);
    assert_eq!(played.sent_on(QUEUE)[0].0, again[0]);
}

#[test]
fn nothing_is_due_at_once_for_long_while_redis_is_away() {
    let mut played = Played::new("{}");
    played.work();
    let is_idle = |played: &Played| played.machine.due().is_none_or(|due| due > played.now);
    assert!(is_idle(&played));
    played.connect("run");
    played.greet();
    let request = played.sent_on(QUEUE)[0].0;
    let record = b"1 a00/03 s00 p+0000 c1800000000000 t00000000\n{\"g\":\"\",\"t\":\"t\"}\n1".to_vec();
    let given = vec![("j1:5:w~1:1800000000000".to_owned(), record)];
    played.answer(request, Ok(Reply::Turned(Turned { given, ..Turned::default() })));
    played.events();
    played.disconnect();
    for _ in 0..40 {
        played.pass(1_000);
        assert!(is_idle(&played), "{:?}", played.machine.due().map(|due| played.now - due));
    }
    let desk = played.desk.clone().unwrap();
    desk.hand().finish(5, Outcome::Failed, b"{}".to_vec(), Duration::ZERO, 0.0, played.now);
    for _ in 0..40 {
        played.pass(1_000);
        assert!(is_idle(&played));
    }
}

fn closes(timeout: Duration) -> Closes {
    Closes { timeout, within: None, before: HandCounts::default() }
}

#[test]
fn jobs_that_come_after_a_close_go_back_at_once() {
    let mut played = Played::new("{}");
    played.work();
    played.connect("run");
    played.greet();
    let request = played.sent_on(QUEUE)[0].0;
    played.begin(Order::CloseWorker { call: 9, worker: 0, closes: closes(1_000 * MS) });
    let record = b"1 a00/03 s00 p+0000 c1800000000000 t00000000\n{\"g\":\"\",\"t\":\"t\"}\n1".to_vec();
    let given = vec![("j1:5:w~1:1800000000000".to_owned(), record)];
    played.answer(request, Ok(Reply::Turned(Turned { given, ..Turned::default() })));
    let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(
        (words[9].as_str(), words[12].as_str(), words[13].as_str()),
        ("0", "j1:5:w~1:1800000000000", "f")
    );
    played.answer(request, Ok(Reply::Turned(Turned::default())));
    let mut end = played.events().pop().unwrap();
    assert!(end[2].as_object_mut().unwrap().remove("stats").is_some());
    assert_eq!(end, json!([0, 9, { "finished": 0, "handedBack": 1, "abandoned": 0 }]));
}

#[test]
fn a_wait_ends_by_a_message_by_a_look_or_by_its_time() {
    let mut played = Played::new("{}");
    played.connect("run");
    let wait = |played: &mut Played| {
        played.calls += 1;
        let options = QueueOptions::from_json("{}").unwrap();
        let asking = Asking { options: &options, made: &String::new, now: 0 };
        let ask = Ask::new("wait", Some(r#"{"id":"j1","timeoutMs":5000}"#), &asking).unwrap();
        let order = Order::Ask { call: played.calls, queue: played.queue, ask: Box::new(ask) };
        played.begin(order);
        played.calls
    };
    let told = wait(&mut played);
    let [(id, words)] = played.sent_on(LEASE).try_into().unwrap();
    assert_eq!(words[6], "layout");
    played.answer(id, Ok(Reply::Words(vec!["1".into()])));
    played.pass(50);
    let [(id, _)] = played.sent_on(LEASE).try_into().unwrap();
    played.answer(id, Ok(Reply::Words(vec!["r".into(), "".into()])));
    assert_eq!(played.machine.channels(0), [b"app:queue:{mail}:news".to_vec()]);
    played.machine.heard(b"app:queue:{mail}:news", b"ej1 c 2 1 5 9\n{\"ok\":1}", played.now);
    played.machine.advance(played.now);
    assert_eq!(played.events(), [json!([0, told, { "state": "completed", "result": { "ok": 1 } }])]);
    let late = wait(&mut played);
    let [(id, _)] = played.sent_on(LEASE).try_into().unwrap();
    played.answer(id, Ok(Reply::Words(vec!["a".into(), "".into()])));
    played.pass(1_000);
    assert_eq!(played.sent_on(LEASE).len(), 1);
    played.pass(5_000);
    assert_eq!(played.rejected(), [(late, "E_TIMEOUT".to_owned())]);
    assert!(played.machine.channels(0).is_empty());
}

#[test]
fn a_close_settles_whether_or_not_redis_is_there() {
    let mut played = Played::new("{}");
    played.work();
    let add = played.add("j1");
    played.calls += 1;
    let call = played.calls;
    played.begin(Order::CloseWorker { call, worker: 0, closes: closes(100 * MS) });
    let mut ends = played.events();
    assert!(ends[0][2].as_object_mut().unwrap().remove("stats").is_some());
    assert_eq!(ends, [json!([0, call, { "finished": 0, "handedBack": 0, "abandoned": 0 }])]);
    played.begin(Order::CloseQueue { call: call + 1, queue: 0, timeout: 100 * MS });
    assert!(played.events().is_empty());
    played.pass(100);
    let ends = played.events();
    assert_eq!((&ends[0][1], &ends[0][2]["code"]), (&json!(add), &json!("E_CLOSED")));
    assert_eq!(ends[1], json!([0, call + 1, null]));
    assert!(!played.shared.keeps_alive());
}

#[test]
fn another_layout_is_left_untouched() {
    let mut played = Played::new("{}");
    played.connect("run");
    let call = played.add("j1");
    let id = played.sent_on(QUEUE)[0].0;
    played.answer(id, Ok(Reply::Words(vec![Word::Number(0), "9".into()])));
    assert_eq!(played.rejected(), [(call, "E_CONFIG".to_owned())]);
    assert!(played.sent_on(QUEUE).is_empty());
    let next = played.add("j2");
    assert_eq!(played.rejected(), [(next, "E_CONFIG".to_owned())]);
}

#[test]
fn a_server_that_evicts_any_key_is_refused_where_that_is_asked_for() {
    for (options, is_refused) in [("{}", false), (r#"{"requireNoEviction":true}"#, true)] {
        let mut played = Played::new(options);
        played.connect("run");
        played.add("j1");
        let id = played.sent_on(QUEUE)[0].0;
        played.answer(id, Ok(Reply::Words(vec![Word::Number(1)])));
        let id = played.sent_on(QUEUE)[0].0;
        played.answer(id, Ok(Reply::Words(vec!["allkeys-lru".into(), "1000".into()])));
        assert_eq!(played.rejected().len(), usize::from(is_refused));
        assert_eq!(played.sent_on(QUEUE).len(), usize::from(!is_refused));
    }
}

#[test]
fn news_for_one_worker_are_no_news_for_another() {
    let mut played = Played::new("{}");
    played.work();
    played.connect("run");
    played.greet();
    let request = played.sent_on(QUEUE)[0].0;
    played.answer(request, Ok(Reply::Turned(Turned::default())));
    let news = |worker: &str| format!("app:queue:{{mail}}:news:{worker}").into_bytes();
    assert!(played.machine.channels(0).contains(&news("w~1")));
    for (worker, asks) in [("w~2", 0), ("w~1", 1)] {
        played.machine.heard(&news(worker), b"w", played.now);
        played.machine.advance(played.now);
        assert_eq!(played.sent_on(QUEUE).len(), asks, "{worker}");
    }
}
