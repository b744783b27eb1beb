//! Readers of events: where each is, and when it looks for more. A message says when there is more; nobody blocks a connection.

use std::time::{Duration, Instant};

use super::Machine;
use super::lines::LineKind;
use super::requests::Purpose;
use crate::error::{Error, ErrorCode, Result};
use crate::queue::contract::{Look, Reply, Step};
use crate::queue::listening::{Listening, PAGE};

/// A reader that waits looks by itself that often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One that nobody asks has events written that often, and for so long.
const RENEW_EVERY: Duration = Duration::from_secs(15);
const RENEWS_FOR: Duration = Duration::from_secs(600);

pub struct Reader {
    room: usize,
    listening: Listening,
    /// The call that waits for events, and whether it only waits for the begin.
    waits: Option<(u32, bool)>,
    /// How many events the look under way asks for.
    asks: Option<u64>,
    /// Whether a message came meanwhile.
    is_again: bool,
    next_look: Instant,
    last_read: Instant,
}

impl Reader {
    /// The call that waits for its events.
    pub fn waits(&self) -> Option<u32> {
        self.waits.map(|(call, _)| call)
    }

    fn due(&self) -> Option<Instant> {
        let is_heard = self.waits.is_some() || self.next_look <= self.last_read + RENEWS_FOR;
        Some(self.next_look).filter(|_| self.asks.is_none() && is_heard)
    }
}

impl Machine {
    pub(super) fn open_reader(&mut self, reader: u32, name: &str, listening: Listening, now: Instant) {
        let Some(room) = self.room(name, now) else { return };
        self.rooms[room].readers += 1;
        self.listen_to_news(room);
        let made = Reader {
            room,
            listening,
            waits: None,
            asks: None,
            is_again: false,
            next_look: now,
            last_read: now,
        };
        self.readers.insert(reader, made);
    }

    pub(super) fn close_reader(&mut self, reader: u32) {
        if let Some(reader) = self.readers.remove(&reader) {
            self.rooms[reader.room].readers -= 1;
            if let Some((call, _)) = reader.waits {
                self.resolve(call, "[]");
            }
        }
    }

    /// Events for a call, as soon as there are some; with `begins` nothing, as soon as events are written.
    pub(super) fn read_events(&mut self, call: u32, reader: u32, begins: bool, now: Instant) {
        let Some(room) = self.readers.get(&reader).map(|reader| reader.room) else {
            return self.reject(call, &Error::new(ErrorCode::Closed, "the reader of events was closed"));
        };
        if let Some(error) = self.refusal_of(room) {
            return self.reject(call, &error);
        }
        let Some(reader) = self.readers.get_mut(&reader) else { return };
        reader.last_read = now;
        reader.next_look = now;
        reader.is_again |= reader.asks.is_some();
        if let Some((other, _)) = reader.waits.replace((call, begins)) {
            self.reject(other, &Error::new(ErrorCode::Closed, "another call reads the events now"));
        }
    }

    /// Nobody waits for the events any more. False where the call is none of a reader.
    pub(super) fn forget_read(&mut self, call: u32) -> bool {
        let waits = self.readers.values_mut().find(|reader| reader.waits.is_some_and(|(of, _)| of == call));
        waits.is_some_and(|reader| reader.waits.take().is_some())
    }

    pub(super) fn readers_due(&self) -> impl Iterator<Item = Instant> {
        self.readers.values().filter(|reader| self.may_look(reader.room)).filter_map(Reader::due)
    }

    pub(super) fn look_for_events(&mut self, now: Instant) {
        let due: Vec<u32> = self
            .readers
            .iter()
            .filter(|(_, reader)| self.may_look(reader.room) && reader.due().is_some_and(|at| at <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            let Some(reader) = self.readers.get_mut(&number) else { continue };
            let is_read = reader.waits.is_some() && reader.listening.has_begun();
            let most = if is_read { PAGE } else { 0 };
            (reader.asks, reader.is_again) = (Some(most), false);
            let room = reader.room;
            let step = Step::Look(Look::Listen { from: reader.listening.from(), most });
            self.send(Purpose::Listen { reader: number }, room, LineKind::Lease, &step, now);
        }
    }

    pub(super) fn listened(&mut self, number: u32, reply: Result<Reply>, now: Instant) {
        let Some(reader) = self.readers.get_mut(&number) else { return };
        let most = reader.asks.take().unwrap_or(0);
        let had_begun = reader.listening.has_begun();
        let taken = match reply {
            Ok(Reply::Words(words)) => reader.listening.take(&words, most).ok_or_else(Error::defect),
            Ok(_) => Err(Error::defect()),
            Err(error) => Err(error),
        };
        let is_more = match taken {
            Ok(is_more) => is_more || !had_begun,
            Err(error) => {
                reader.next_look = now + LOOK_EVERY;
                if let Some((call, _)) = reader.waits.take() {
                    self.reject(call, &error);
                }
                return;
            }
        };
        let told = match reader.waits {
            Some((_, true)) => Some("[]".to_owned()),
            Some((_, false)) => reader.listening.take_told(),
            None => None,
        };
        let is_at_once = (is_more || reader.is_again) && reader.waits.is_some() && told.is_none();
        let pause = if reader.waits.is_some() && told.is_none() { LOOK_EVERY } else { RENEW_EVERY };
        reader.next_look = if is_at_once { now } else { now + pause };
        if let Some(told) = told
            && let Some((call, _)) = reader.waits.take()
        {
            self.resolve(call, &told);
        }
    }

    /// There are events, or a connection is back.
    pub(super) fn wake_readers(&mut self, is_meant: impl Fn(usize) -> bool, now: Instant) {
        for reader in self.readers.values_mut().filter(|reader| is_meant(reader.room)) {
            if reader.waits.is_some() {
                reader.next_look = now;
                reader.is_again = true;
            }
        }
    }

    pub(super) fn refuse_readers(&mut self, room: usize, error: &Error) {
        let waits: Vec<u32> = self
            .readers
            .values_mut()
            .filter(|reader| reader.room == room)
            .filter_map(|reader| reader.waits.take())
            .map(|(call, _)| call)
            .collect();
        waits.into_iter().for_each(|call| self.reject(call, error));
    }

    /// The line of a room's news hears of its channel from now on.
    pub(super) fn listen_to_news(&mut self, room: usize) {
        if let Some(mail) = self.rooms[room].way.and_then(|way| self.lines.mail((way, LineKind::Queue))) {
            crate::connection::Mailbox::notify(&*mail).notify_one();
        }
    }
}
