use super::*;
use crate::queue::contract::Fate;

pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) fn options() -> HandOptions {
    HandOptions {
        concurrency: 2,
        lease: 15_000 * MS,
        grace: 5_000 * MS,
        max_blocked: 300_000 * MS,
        poll: 1_000 * MS,
        prefetch: Some(0),
        unhandled: 5_000 * MS,
        kinds: None,
    }
}

pub(super) fn mail() -> Job {
    Job {
        kind: "mail".to_owned(),
        organization: None,
        priority: 0,
        max_attempts: 3,
        timeout_ms: 30_000,
        backoff: crate::queue::backoff::Backoff { jitter: 0.0, ..Default::default() },
        key: None,
        mark: None,
        schedule: None,
        slot: None,
    }
}

pub(super) struct Played {
    pub(super) hand: Hand,
    pub(super) now: Instant,
    fence: u64,
}

impl Played {
    pub(super) fn new(options: HandOptions) -> Played {
        let now = Instant::now();
        let mut hand = Hand::new(options, Arc::default());
        hand.run(now);
        Played { hand, now, fence: 0 }
    }

    /// Redis gives so many of the jobs that were asked for.
    fn give(&mut self, count: usize) -> usize {
        self.give_with(count, Hints::default())
    }

    fn give_with(&mut self, count: usize, hints: Hints) -> usize {
        let (_, wants) = self.hand.turn(self.now).expect("a turn");
        let given = (0..count.min(wants)).map(|_| self.job("mail")).collect();
        self.hand.turned(wants, &Turned { hints, given, ..Turned::default() }, MS, Duration::ZERO, self.now);
        wants
    }

    fn job(&mut self, kind: &str) -> (String, Vec<u8>) {
        self.job_of(Job { kind: kind.to_owned(), ..mail() })
    }

    /// Redis gives a job of each of these organizations.
    fn give_of(&mut self, organizations: &[&str]) {
        let (_, wants) = self.hand.turn(self.now).expect("a turn");
        let of = |name: &&str| Job { organization: Some((*name).to_owned()), ..mail() };
        let given = organizations.iter().map(|name| self.job_of(of(name))).collect();
        let hints = Hints { ready: 9, ..Hints::default() };
        self.hand.turned(wants, &Turned { hints, given, ..Turned::default() }, MS, Duration::ZERO, self.now);
    }

    fn job_of(&mut self, job: Job) -> (String, Vec<u8>) {
        self.fence += 1;
        let (head, tail) = job.write(b"{}");
        let record = [&head[..], b"1800000000000", &tail].concat();
        (format!("j{0}:{0}:w:1800000000000", self.fence), record)
    }

    fn begin(&mut self) -> Vec<u64> {
        self.hand.seen(self.now);
        self.hand.begin(self.now).iter().map(|given| given.fence).collect()
    }

    pub(super) fn pass(&mut self, ms: u32) {
        self.now += MS * ms;
        self.hand.on_time(0.0, self.now);
    }

    pub(super) fn finish(&mut self, fence: u64, outcome: Outcome) -> bool {
        self.hand.finish(fence, outcome, b"{}".to_vec(), Duration::ZERO, 0.0, self.now)
    }

    /// Fates of what ended, as Redis is told next.
    fn fates(&mut self) -> Vec<(Fate, u64)> {
        let turn = self.hand.turn(self.now).map(|(endings, _)| endings).unwrap_or_default();
        turn.iter().map(|ending| (ending.finished.fate, ending.finished.delay_ms)).collect()
    }
}

#[test]
fn a_worker_asks_for_as_many_as_it_has_room_for_and_begins_them_in_order() {
    let mut played = Played::new(options());
    assert_eq!(played.give(9), 2);
    assert_eq!((played.begin(), played.begin()), (vec![1, 2], vec![]));
    assert!(played.hand.turn(played.now).is_none());
    assert!(played.finish(1, Outcome::Completed));
    assert!(!played.finish(1, Outcome::Completed));
    assert_eq!(played.fates(), [(Fate::Completed, 0)]);
}

#[test]
fn an_empty_queue_costs_one_question_a_poll_and_news_make_it_sooner() {
    let mut played = Played::new(options());
    played.give(0);
    assert_eq!(played.hand.next_ask(), Some(played.now + 1_000 * MS));
    assert!(played.hand.turn(played.now).is_none());
    let due = Hints { due_ms: Some(300), ..Hints::default() };
    played.hand.wake(played.now);
    played.give_with(0, due);
    assert_eq!(played.hand.next_ask(), Some(played.now + 300 * MS));
    played.hand.wake(played.now + 2 * MS);
    assert_eq!(played.hand.next_ask(), Some(played.now + 2 * MS));
    assert_eq!(played.hand.take_told(), [Told::Idle]);
}

#[test]
fn a_failure_is_tried_again_later_and_later() {
    let mut played = Played::new(options());
    played.give(2);
    let fences = played.begin();
    played.finish(fences[0], Outcome::Failed);
    played.finish(fences[1], Outcome::Unrecoverable);
    assert_eq!(played.fates(), [(Fate::Retry, 5_000), (Fate::Dead, 0)]);
}

#[test]
fn a_handler_that_never_ends_is_told_to_stop_and_then_loses_its_job() {
    let mut played = Played::new(options());
    played.give(1);
    played.begin();
    played.pass(29_999);
    assert_eq!(played.hand.take_told(), []);
    played.pass(1);
    assert_eq!(played.hand.take_told(), [Told::Abort { fence: 1, why: Why::TimedOut }]);
    assert_eq!(played.hand.running(), 1);
    played.pass(5_000);
    assert_eq!(played.hand.running(), 0);
    assert_eq!(played.fates(), [(Fate::Retry, 5_000)]);
    // What it returns after that is dropped.
    assert!(!played.finish(1, Outcome::Completed));
    assert_eq!(played.fates(), []);
}

#[test]
fn what_a_handler_returns_after_its_timeout_does_not_count() {
    let mut played = Played::new(options());
    played.give(1);
    played.begin();
    played.pass(30_000);
    played.finish(1, Outcome::Completed);
    assert_eq!(played.fates(), [(Fate::Retry, 5_000)]);
}

#[test]
fn leases_are_renewed_at_a_third_and_not_while_the_thread_is_blocked_for_too_long() {
    let mut played = Played::new(options());
    let seen = played.now;
    played.give(2);
    played.begin();
    assert!(played.hand.renewals(seen, played.now + 4_999 * MS).is_empty());
    played.now += 5_000 * MS;
    assert_eq!(played.hand.renewals(seen, played.now).len(), 2);
    assert!(played.hand.renewals(seen, played.now).is_empty());
    played.now = seen + 300_001 * MS;
    assert!(played.hand.renewals(seen, played.now).is_empty());
}

#[test]
fn a_lost_job_is_told_and_its_outcome_dropped() {
    let mut played = Played::new(options());
    played.give(2);
    played.begin();
    let members: Vec<String> = [1, 2].map(|fence| played.hand.member(fence).unwrap().to_owned()).into();
    played.hand.renewed(&members[..1], &members[1..], played.now);
    let told = played.hand.take_told();
    let abort = |fence, why| Told::Abort { fence, why };
    assert_eq!(told, [abort(1, Why::Lost), abort(2, Why::Cancelled)]);
    assert_eq!((played.hand.member(1), played.hand.counts.lost), (None, 1));
    assert!(!played.finish(1, Outcome::Completed));
    played.finish(2, Outcome::Failed);
    assert_eq!(played.fates(), [(Fate::Dead, 0)]);
}

#[test]
fn a_job_that_does_not_begin_goes_back_and_nothing_is_asked_until_the_thread_is_there() {
    let mut played = Played::new(HandOptions { prefetch: Some(1), ..options() });
    assert_eq!(played.give(9), 3);
    assert_eq!(played.begin(), [1, 2]);
    played.pass(20);
    assert_eq!(played.fates(), [(Fate::Released, 0)]);
    assert!(played.hand.turn(played.now + 5_000 * MS).is_none());
    played.finish(1, Outcome::Completed);
    played.begin();
    assert_eq!(played.hand.turn(played.now).unwrap().1, 2);
}

#[test]
fn quick_handlers_have_jobs_fetched_ahead() {
    let mut played = Played::new(HandOptions { prefetch: None, ..options() });
    assert_eq!(played.give(2), 2);
    for fence in played.begin() {
        played.now += MS / 2;
        played.finish(fence, Outcome::Completed);
    }
    // 1 ms a round trip, about 0.5 ms a job, two at a time.
    let wants = played.give(0);
    assert!((3..=12).contains(&wants), "{wants}");
}

#[test]
fn jobs_of_a_claim_begin_in_turn_and_those_of_one_organization_in_their_order() {
    let mut played = Played::new(HandOptions { concurrency: 9, ..options() });
    played.give_of(&["a", "a", "a", "a", "b", "b", "c"]);
    assert_eq!(played.begin(), [1, 5, 7, 2, 3, 6, 4]);
}

#[test]
fn the_first_job_of_an_organization_begins_before_what_was_fetched_ahead_unless_that_has_waited() {
    let mut played = Played::new(HandOptions { concurrency: 1, prefetch: Some(9), ..options() });
    played.give_of(&["loud", "loud", "loud", "loud"]);
    assert_eq!(played.begin(), [1]);
    played.give_of(&["loud", "quiet", "quiet"]);
    played.give_of(&["other"]);
    let next = |played: &mut Played, ended| {
        played.finish(ended, Outcome::Completed);
        played.begin()[0]
    };
    assert_eq!((next(&mut played, 1), next(&mut played, 6)), (6, 8));
    assert_eq!(next(&mut played, 8), 2);
    played.now += 6 * MS;
    played.give_of(&["third"]);
    assert_eq!(next(&mut played, 2), 3);
}

#[test]
fn types_without_handler_wait_and_after_an_hour_are_dead() {
    let kinds = Some(std::iter::once("other".to_owned()).collect());
    let mut played = Played::new(HandOptions { kinds, ..options() });
    played.give(1);
    assert_eq!(played.fates(), [(Fate::Delayed, 5_000)]);
    let unhandled = Told::Unhandled { id: "j1".to_owned(), kind: "mail".to_owned() };
    assert!(played.hand.take_told().contains(&unhandled));
    played.now += 3_600_000 * MS;
    let (_, record) = played.job("mail");
    let given = vec![("j1:9:w:1".to_owned(), record)];
    played.hand.turned(1, &Turned { given, ..Turned::default() }, MS, Duration::ZERO, played.now);
    assert_eq!(played.fates(), [(Fate::Dead, 0)]);
}

#[test]
fn a_damaged_record_is_dead_and_the_worker_goes_on() {
    let mut played = Played::new(options());
    let (_, wants) = played.hand.turn(played.now).unwrap();
    let given = vec![("j1:1:w:1".to_owned(), b"nonsense".to_vec())];
    played.hand.turned(wants, &Turned { given, ..Turned::default() }, MS, Duration::ZERO, played.now);
    assert_eq!((played.fates(), played.begin()), (vec![(Fate::Dead, 0)], vec![]));
}

#[test]
fn a_close_gives_back_what_has_not_begun_and_releases_what_does_not_end() {
    let mut played = Played::new(HandOptions { prefetch: Some(2), ..options() });
    played.give(3);
    assert_eq!(played.begin(), [1, 2]);
    played.hand.close();
    assert_eq!(played.fates(), [(Fate::Released, 0)]);
    played.finish(1, Outcome::Completed);
    let until = played.now + played.hand.grace();
    played.hand.stop_all(until, played.now);
    assert_eq!(played.hand.take_told(), [Told::Abort { fence: 2, why: Why::Closing }]);
    played.pass(5_000);
    assert_eq!(played.fates(), [(Fate::Completed, 0), (Fate::Released, 0)]);
    assert!(played.hand.is_empty() && played.hand.is_closing());
}

#[test]
fn a_process_that_stood_still_begins_nothing_that_others_may_have_by_now() {
    let mut played = Played::new(options());
    played.give(2);
    // Both of its threads wake up, and that of JavaScript comes first.
    let woken = played.now + 30_000 * MS;
    assert!(played.hand.begin(woken).is_empty());
    played.hand.on_time(0.0, woken);
    let (endings, _) = played.hand.turn(woken).unwrap();
    assert_eq!(endings.len(), 2);
    assert!(endings.iter().all(|ending| ending.finished.fate == Fate::Released));
}
