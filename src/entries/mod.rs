//! Entries of caches: one factory in the whole fleet makes what is missing, and what tags, sets and clearings say counts for it.
//!
//! Promises: what a factory made is stored only if its lease still holds and nothing has set, deleted, expired, changed or
//! cleared its entry since; an entry with an invalidated tag never answers again; an entry is fresh while its lifetime in the
//! store is longer than its grace, so no process's clock counts; damaged bytes are a counted miss. The same steps run in
//! Redis, as scripts, and on this process's own memory. Relies on `outage` for what is kept while Redis is away, on `key` for
//! keys and on `codec` for payloads. The room above carries its requests. Never parses a value, and never runs a factory.

mod answer;
mod away;
mod caches;
mod call;
mod clearing;
mod entry;
mod erasing;
mod exchange;
mod grant;
mod here;
mod options;
mod plan;
mod query;
mod random;
mod record;
mod remembered;
mod request;
mod room;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod settle;
mod ticket;

pub use answer::{is_stale, numbers};
pub use caches::Caches;
pub use call::{At, Call, Phase, Scope, Texts, VERBS, decode};
pub use entry::{Entry, NewEntry, Payload, Tag, Versions};
pub use erasing::during_erasure;
pub use exchange::{
    connected, is_expected, lost, may_follow, prepare, refused, replied, send_journalled, without_room,
};
pub use random::random_token;
pub use room::{Room, alone};
pub use ticket::{Carries, Ticket};
