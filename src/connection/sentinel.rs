//! Finds the primary through its sentinels.
//!
//! Each sentinel is asked twice a second on a connection of its own, and more often while there is no
//! connection to the primary. The answer with the highest configuration epoch counts, because a sentinel that
//! was cut off knows an older one. See
//! <https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/>.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::dial::open;
use super::handshake::Line;
use super::stream::{AsyncSocket, Stream};
use crate::config::{Config, Endpoint, Secret, Topology};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::Node;

/// The interval between questions. A failover is seen within this interval and the time of one answer.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// The interval while a connection looks for the primary: no write succeeds until it is found.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// A connection that still looks for the primary asks again within this time.
const LOOKING_FOR: Duration = Duration::from_secs(1);
/// The time that a sentinel has for an answer. A slower one is passed over until the next question.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// The sentinels of one primary.
#[derive(Debug)]
pub struct Sentinels {
    config: Config,
    hosts: Vec<Endpoint>,
    primary_name: String,
    username: Option<String>,
    password: Option<Secret>,
    answers: watch::Sender<SentinelAnswers>,
    /// When a connection last looked for the primary. Locked only to read or write the time.
    looked_for: Mutex<Option<Instant>>,
}

/// The sentinels' answers and the primary that follows from them.
#[derive(Debug)]
struct SentinelAnswers {
    /// The last answer of each sentinel; `None` before the first.
    reports: Vec<Option<Result<PrimaryReport>>>,
    /// The primary. It stays when no sentinel answers any more, because it may be healthy without them.
    primary: Option<Endpoint>,
    /// The configuration epoch of `primary`.
    epoch: i64,
}

/// One sentinel's answer.
#[derive(Debug, Clone)]
struct PrimaryReport {
    endpoint: Endpoint,
    epoch: i64,
}

impl Sentinels {
    /// The sentinels of a configuration; `None` when it names none.
    pub fn of(config: &Config) -> Option<Arc<Sentinels>> {
        let Topology::Sentinel { sentinels, primary_name, username, password } = config.topology() else {
            return None;
        };
        let answers =
            SentinelAnswers { reports: vec![None; sentinels.len()], primary: None, epoch: i64::MIN };
        Some(Arc::new(Sentinels {
            config: config.clone(),
            hosts: sentinels.clone(),
            primary_name: primary_name.clone(),
            username: username.clone(),
            password: password.clone(),
            answers: watch::Sender::new(answers),
            looked_for: Mutex::new(None),
        }))
    }

    /// Asks all sentinels repeatedly for as long as it is polled.
    pub async fn watch(self: &Arc<Self>) {
        let mut asking = JoinSet::new();
        for position in 0..self.hosts.len() {
            let sentinels = self.clone();
            asking.spawn(async move { sentinels.keep_asking(position).await });
        }
        // Dropping this future ends the questions.
        std::future::pending::<()>().await;
    }

    async fn keep_asking(&self, position: usize) {
        let mut stream = None;
        loop {
            let asked = timeout(ANSWER_WITHIN, self.ask(&self.hosts[position], &mut stream)).await;
            let answer = asked.unwrap_or_else(|_| {
                let what = format!("it did not answer within {} ms", ANSWER_WITHIN.as_millis());
                Err(Error::new(ErrorCode::Connect, what))
            });
            if answer.is_err() {
                stream = None;
            }
            self.answers.send_modify(|answers| answers.take(position, answer));
            sleep(self.pause()).await;
        }
    }

    fn pause(&self) -> Duration {
        let looked_for = *self.looked_for.lock().unwrap_or_else(PoisonError::into_inner);
        match looked_for {
            Some(at) if at.elapsed() < LOOKING_FOR => ASK_AGAIN,
            _ => ASK_EVERY,
        }
    }

    async fn ask(&self, host: &Endpoint, stream: &mut Option<Stream<AsyncSocket>>) -> Result<PrimaryReport> {
        let is_fresh = stream.is_none();
        let stream = match stream {
            Some(stream) => stream,
            None => stream.insert(open(&self.config, host, ANSWER_WITHIN).await?),
        };
        let mut line = Line::new(stream, ANSWER_WITHIN);
        if is_fresh {
            let password = self.password.as_ref().map(|password| password.expose().as_bytes());
            match (&self.username, password) {
                // The user may need no password.
                (Some(user), password) => {
                    line.ask(&[b"AUTH", user.as_bytes(), password.unwrap_or_default()], |_| ()).await?;
                }
                (None, Some(password)) => line.ask(&[b"AUTH", password], |_| ()).await?,
                (None, None) => {}
            }
        }
        // The sentinel that leads a failover reports the new address here as soon as the replica is
        // promoted...
        let name = self.primary_name.as_bytes();
        let endpoint = line.ask(&[b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", name], address).await?;
        // ... and here only once all replicas follow it. Both commands report the new epoch.
        let epoch = line.ask(&[b"SENTINEL", b"MASTER", name], epoch).await?;
        let endpoint = endpoint.ok_or_else(|| {
            Error::new(ErrorCode::Connect, format!("it does not know where {} is", self.primary_name))
        })?;
        Ok(PrimaryReport { endpoint, epoch })
    }

    /// The primary's address. Waits for the first answer.
    ///
    /// # Errors
    /// The sentinels' errors when none of them reports a primary.
    pub async fn primary(&self) -> Result<Endpoint> {
        *self.looked_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let mut answers = self.answers.subscribe();
        let known = answers.wait_for(|answers| answers.primary.is_some() || answers.have_all_failed());
        match timeout(self.config.connect_timeout, known).await {
            Ok(Ok(answers)) => answers.primary.clone().ok_or_else(|| self.unknown(&answers)),
            _ => Err(self.unknown(&self.answers.borrow())),
        }
    }

    /// The primary's last known address.
    pub fn known(&self) -> Option<Endpoint> {
        self.answers.borrow().primary.clone()
    }

    fn unknown(&self, answers: &SentinelAnswers) -> Error {
        let refusals = self.hosts.iter().zip(&answers.reports).filter_map(|(host, answer)| match answer {
            Some(Err(error)) => Some((host, error)),
            _ => None,
        });
        let Some((host, error)) = refusals.min_by_key(|(_, error)| error.redis_code().is_none()) else {
            return Error::new(ErrorCode::Connect, "no sentinel has answered");
        };
        let what = format!("no sentinel says where {} is; {host}: {}", self.primary_name, error.message());
        match error.redis_code() {
            Some(code) => Error::reply(&format!("{code} {what}")),
            None => Error::new(ErrorCode::Connect, what),
        }
    }

    /// Waits until the primary's address is another than `endpoint`.
    pub async fn moved_from(&self, endpoint: &Endpoint) {
        let mut answers = self.answers.subscribe();
        let moved =
            answers.wait_for(|answers| answers.primary.as_ref().is_some_and(|primary| primary != endpoint));
        // The sender lives as long as this.
        let _ = moved.await;
    }
}

impl SentinelAnswers {
    fn take(&mut self, position: usize, answer: Result<PrimaryReport>) {
        self.reports[position] = Some(answer);
        let reports = || self.reports.iter().flatten().flatten();
        let Some(newest) = reports().max_by_key(|report| report.epoch) else { return };
        // A sentinel with a newer epoch may be away. An older epoch that most sentinels agree on means that
        // they were all set up anew.
        let agreeing = reports().filter(|report| report.endpoint == newest.endpoint).count();
        if newest.epoch >= self.epoch || agreeing * 2 > self.reports.len() {
            self.epoch = newest.epoch;
            self.primary = Some(newest.endpoint.clone());
        }
    }

    fn have_all_failed(&self) -> bool {
        self.reports.iter().all(|answer| matches!(answer, Some(Err(_))))
    }
}

fn address(node: Node<'_>) -> Option<Endpoint> {
    let Node::Array(mut parts) = node else { return None };
    let (Node::Bulk(host), Node::Bulk(port)) = (parts.next()?, parts.next()?) else { return None };
    let (host, port) = (std::str::from_utf8(host).ok()?, std::str::from_utf8(port).ok()?);
    Some(Endpoint::Tcp { host: host.to_owned(), port: port.parse().ok()? })
}

/// The configuration epoch; 0 when the reply has none.
fn epoch(node: Node<'_>) -> i64 {
    let (Node::Array(mut items) | Node::Map(mut items)) = node else { return 0 };
    while let (Some(Node::Bulk(name)), Some(Node::Bulk(value))) = (items.next(), items.next()) {
        if name == b"config-epoch" {
            return std::str::from_utf8(value).ok().and_then(|epoch| epoch.parse().ok()).unwrap_or(0);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(port: u16, epoch: i64) -> Result<PrimaryReport> {
        Ok(PrimaryReport { endpoint: Endpoint::Tcp { host: "h".to_owned(), port }, epoch })
    }

    fn port(answers: &SentinelAnswers) -> Option<u16> {
        match &answers.primary {
            Some(Endpoint::Tcp { port, .. }) => Some(*port),
            _ => None,
        }
    }

    #[test]
    fn the_newest_configuration_counts_and_outlives_the_sentinels() {
        let mut answers = SentinelAnswers { reports: vec![None, None], primary: None, epoch: i64::MIN };
        answers.take(0, answer(1, 5));
        assert_eq!(port(&answers), Some(1));
        answers.take(1, answer(2, 6));
        assert_eq!(port(&answers), Some(2));
        answers.take(0, answer(1, 5));
        assert_eq!(port(&answers), Some(2), "a sentinel that was cut off knows an older primary");
        let gone = || Err(Error::new(ErrorCode::Connect, "gone"));
        answers.take(0, gone());
        answers.take(1, gone());
        assert!(answers.have_all_failed());
        assert_eq!(port(&answers), Some(2));
    }

    #[test]
    fn an_older_configuration_counts_only_where_most_sentinels_agree_on_it() {
        let mut answers = SentinelAnswers { reports: vec![None, None, None], primary: None, epoch: i64::MIN };
        answers.take(0, answer(2, 6));
        answers.take(1, answer(1, 5));
        answers.take(0, Err(Error::new(ErrorCode::Connect, "gone")));
        assert_eq!(port(&answers), Some(2), "the only one left is a sentinel that was cut off");
        answers.take(0, answer(3, 0));
        answers.take(1, answer(3, 0));
        assert_eq!(port(&answers), Some(3), "sentinels that were set up anew begin to count anew");
    }
}
