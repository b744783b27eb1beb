//! What a producer does where another server has come in the place of the last one: that one may have lost what was acknowledged.

use std::time::Instant;

use super::Machine;
use super::gathered::REMEMBERED_FOR;
use super::lines::LineKind;
use super::producer::{Recovery, Remembered};
use super::requests::Purpose;
use crate::error::Result;
use crate::queue::contract::{Look, Reply, Shape, Step, Word};

impl Machine {
    /// The queue line of a way is gone: what was acknowledged is kept until it is back.
    pub(super) fn producers_lost(&mut self, way: usize, now: Instant) {
        for producer in self.queues.values_mut().filter(|one| self.rooms[one.room].way == Some(way)) {
            producer.lost_at.get_or_insert(now);
        }
    }

    /// A way is connected again, and `is_other` where to another server.
    pub(super) fn producers_came_back(&mut self, way: usize, is_other: bool) {
        for room in 0..self.rooms.len() {
            if self.rooms[room].way == Some(way) {
                self.recover_room(room, is_other);
            }
        }
    }

    /// The add under way is newer than what the server may have lost: it is sent behind that, or the server would take what is
    /// older for late copies.
    pub(super) fn recover_room(&mut self, room: usize, is_other: bool) {
        if is_other {
            self.rooms[room].doubt();
        }
        for (queue, producer) in self.queues.iter_mut().filter(|(_, one)| one.room == room) {
            let under_way = producer.under_way.as_ref().map(|add| add.number);
            if !is_other || producer.remembered.iter().all(|one| Some(one.number) == under_way) {
                producer.lost_at = None;
                continue;
            }
            producer.recovery = Recovery::Wanted;
            producer.again.clear();
            self.requests.retain(|_, request| match request.purpose {
                Purpose::Add { queue: of } if of == *queue => {
                    producer.held_up = Some(std::mem::take(&mut request.bytes));
                    false
                }
                Purpose::Sent { queue: of } | Purpose::Again { queue: of } => of != *queue,
                _ => true,
            });
        }
    }

    /// Goes on with a recovery.
    pub(super) fn recover(&mut self, queue: u32, now: Instant) {
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        if producer.recovery == Recovery::Wanted && self.rooms[producer.room].layout.is_known() {
            producer.recovery = Recovery::Asked;
            let (room, step) = (producer.room, Step::Look(Look::Sent(producer.sender.clone())));
            self.send(Purpose::Sent { queue }, room, LineKind::Queue, &step, now);
        }
    }

    pub(super) fn sent_known(&mut self, queue: u32, reply: Result<Reply>, now: Instant) {
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let lost_at = producer.lost_at.take().unwrap_or(now);
        let known = match reply {
            Ok(Reply::Words(words)) => words.first().map_or(0, Word::number) as u64,
            _ => 0,
        };
        producer.number = producer.number.max(known);
        let was_recent = |at: Instant| lost_at.saturating_duration_since(at) <= REMEMBERED_FOR;
        if producer.forgotten.is_some_and(|(number, at)| number > known && was_recent(at)) {
            tracing::warn!(
                "Redis may have lost jobs of the queue {}: more than 4 MiB of them were added within 10 s before another server took over",
                self.rooms[producer.room].name
            );
        }
        producer.forgotten = None;
        let under_way = producer.under_way.as_ref().map(|add| add.number);
        let newer = producer
            .remembered
            .iter_mut()
            .filter(|one| one.number > known && Some(one.number) != under_way && was_recent(one.at));
        producer.again = newer
            .map(|one| {
                // It is acknowledged once more.
                one.at = now;
                Remembered { number: one.number, at: now, bytes: one.bytes.clone() }
            })
            .collect();
        self.send_next_again(queue);
    }

    /// The server has what was sent again last.
    pub(super) fn sent_again(&mut self, queue: u32) {
        if let Some(producer) = self.queues.get_mut(&queue) {
            producer.again.pop_front();
            self.send_next_again(queue);
        }
    }

    fn send_next_again(&mut self, queue: u32) {
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let room = producer.room;
        if let Some(next) = producer.again.front() {
            producer.recovery = Recovery::Again;
            let bytes = next.bytes.clone();
            return self.send_bytes(Purpose::Again { queue }, room, LineKind::Queue, Shape::Add, bytes);
        }
        producer.recovery = Recovery::None;
        if let Some(bytes) = producer.held_up.take() {
            self.send_bytes(Purpose::Add { queue }, room, LineKind::Queue, Shape::Add, bytes);
        }
    }
}
