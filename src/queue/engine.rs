//! The task on the I/O thread that keeps a client's queues going, and its connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::line::Conversation;
use super::machine::{LineId, LineKind, Machine};
use super::shared::Shared;
use crate::config::Endpoint;
use crate::connection::{Dialer, Mailbox, TopologyEvent, TopologyWatcher, drive};
use crate::health::census;
use crate::runtime::IoThread;

/// The longest sleep of an idle client.
/// A server that is back is found within this.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
const IDLE: Duration = Duration::from_secs(3_600);

pub struct Core {
    machine: Mutex<Machine>,
    shared: Arc<Shared>,
    dialer: Option<Dialer>,
    watcher: Mutex<Option<TopologyWatcher>>,
    /// Until when the client's task sleeps.
    sleeps_until: Mutex<Option<Instant>>,
    io: IoThread,
}

impl Core {
    /// Held for single steps, by the I/O thread alone.
    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what can be done now, and opens the connections that it needs.
    pub fn advance(self: &Arc<Self>, now: Instant) {
        let mut machine = self.machine();
        machine.advance(now);
        let opens = machine.lines.take_opens();
        let mails: Vec<_> = opens.iter().filter_map(|id| Some((*id, machine.lines.mail(*id)?))).collect();
        let targets: Vec<Option<Endpoint>> =
            mails.iter().map(|((way, _), _)| machine.lines.endpoint(*way)).collect();
        let looks_again = std::mem::take(&mut machine.lines.looks_again);
        let after = machine.due();
        drop(machine);
        for ((id, mail), target) in mails.into_iter().zip(targets) {
            self.open(id, mail, target);
        }
        if looks_again {
            self.look_again();
        }
        let sleeps_until = *self.sleeps_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(after), Some(until)) = (after, sleeps_until)
            && after < until
        {
            self.shared.look();
        }
    }

    fn open(self: &Arc<Self>, id: LineId, mail: Arc<super::machine::LineBox>, target: Option<Endpoint>) {
        let Some(dialer) = &self.dialer else { return };
        let suffix = match id.1 {
            LineKind::Queue => ":queue",
            LineKind::Lease => ":lease",
        };
        let dialer = dialer.with_resp3(suffix).at(target).pausing_at_most(LONGEST_PAUSE);
        let core = self.clone();
        self.io.spawn(async move {
            let _counted = census::QUEUES.add();
            let mut conversation = Conversation::new(core.clone(), id);
            let mailbox: Arc<dyn Mailbox> = mail;
            drive(dialer, mailbox, &mut conversation, Conversation::collect, |_| {}).await;
        });
    }

    /// Asks the cluster who has which slots.
    pub fn look_again(&self) {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watcher) = &*watcher {
            watcher.look_again();
        }
    }

    fn watch_cluster(self: &Arc<Self>) {
        let Some(dialer) = &self.dialer else { return };
        let core = Arc::downgrade(self);
        let watcher = TopologyWatcher::start(&self.io, dialer.config().clone(), move |event| {
            if let (TopologyEvent::View(view), Some(core)) = (event, core.upgrade()) {
                core.machine().view_changed(view);
                core.advance(Instant::now());
            }
        });
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }

    async fn run(self: Arc<Self>) {
        let _counted = census::QUEUES.add();
        while !self.shared.inbox.is_stopped() {
            *self.sleeps_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.advance(Instant::now());
            let due = self.machine().due().unwrap_or_else(|| Instant::now() + IDLE);
            *self.sleeps_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(due);
            tokio::select! {
                () = self.shared.inbox.waker().notified() => {}
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
        let mut machine = self.machine();
        machine.end();
        machine.lines.stop_all();
        drop(machine);
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.tells.notify_one();
    }
}

/// Tells JavaScript's thread what happened. A task of its own runs after those that send.
async fn tell(shared: Arc<Shared>) {
    while !shared.inbox.is_stopped() {
        shared.tells.notified().await;
        shared.tell_now();
    }
}

/// Starts the task of a client. It ends when the shared inbox is stopped.
pub fn start(
    machine: Machine,
    shared: Arc<Shared>,
    dialer: Option<Dialer>,
    is_clustered: bool,
    io: IoThread,
) {
    let core = Arc::new(Core {
        machine: Mutex::new(machine),
        shared,
        dialer,
        watcher: Mutex::default(),
        sleeps_until: Mutex::default(),
        io,
    });
    if is_clustered {
        core.watch_cluster();
    }
    let io = core.io.clone();
    io.spawn(tell(core.shared.clone()));
    io.spawn(core.run());
}
