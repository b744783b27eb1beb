//! Producers that go on for ended processes, with what those have journalled.

use std::sync::Arc;
use std::time::Instant;

use super::Machine;
use super::gathered::size_of;
use super::producer::{Part, Producer, Recovery};
use crate::journal;
use crate::queue::kept::{Kept, KeptIn, Left, wall_ms};
use crate::queue::options::QueueOptions;
use crate::queue::shared::Order;

/// Their numbers among the queues go down from the largest: JavaScript's go up from 0.
const FIRST_HEIR: u32 = u32::MAX;

impl Producer {
    /// Redis has the journalled jobs of this number. `others`: positions of jobs that have a key of idempotency of another job.
    pub(super) fn taken(&mut self, number: u64, others: &[(usize, Option<String>)], now: Instant) {
        if let Some(kept) = &mut self.kept {
            let rest = self.waiting.iter().filter(|part| part.call.is_none());
            let rest: Vec<_> = rest.map(|part| (part.at_ms, &part.jobs[..])).collect();
            kept.done(number, &rest, now);
        }
        let refused = others.iter().filter(|(_, other)| other.is_none()).count();
        if refused > 0 {
            tracing::warn!(
                "{refused} journalled jobs were not added: their idempotency keys belong to jobs with another payload"
            );
        }
    }

    /// It ends. What was not sent stays in the file.
    pub(super) fn let_go(mut self) {
        if self.is_idle()
            && let Some(kept) = self.kept.take()
        {
            kept.remove();
        }
    }
}

impl Machine {
    /// Reads what ended processes have left of producers of this queue, on a thread of its own: there may be many MiB.
    pub(super) fn look_for_heritage(&self, place: KeptIn, name: &str, options: &Arc<QueueOptions>) {
        if !journal::is_there(&place.directory) {
            return;
        }
        let (shared, name, options) = (self.shared.clone(), name.to_owned(), options.clone());
        let read = move || {
            for (kept, left) in Kept::take_over(&place, &name) {
                if left.parts.is_empty() {
                    kept.remove();
                } else {
                    let (name, options, kept) = (name.clone(), options.clone(), Box::new(kept));
                    shared.order(Order::Inherit { name, options, kept, left });
                }
            }
        };
        // Without a thread the files stay for another process.
        let _ = std::thread::Builder::new().name("orgcache-kept".to_owned()).spawn(read);
    }

    /// Goes on as the sender of an ended process.
    pub(super) fn inherit(
        &mut self,
        name: &str,
        options: Arc<QueueOptions>,
        kept: Kept,
        left: Left,
        now: Instant,
    ) {
        let Some(room) = self.room(name, now) else { return };
        let mut heir = Producer::new(room, options, left.sender);
        (heir.number, heir.sent_before, heir.kept, heir.is_heir) = (left.number, left.sent, Some(kept), true);
        // Its last numbers are known to the server alone.
        heir.recovery = Recovery::Wanted;
        let now_ms = wall_ms();
        for (at_ms, mut jobs) in left.parts {
            let waited = now_ms.saturating_sub(at_ms);
            jobs.iter_mut().for_each(|job| job.delay_ms = job.delay_ms.saturating_sub(waited));
            let bytes = jobs.iter().map(size_of).sum();
            heir.waiting.push_back(Part {
                call: None,
                jobs,
                bytes,
                deadline: now,
                is_last: true,
                since: now,
                at_ms,
            });
        }
        heir.count_waiting();
        self.queues.insert(FIRST_HEIR - self.heirs, heir);
        self.heirs += 1;
    }
}
