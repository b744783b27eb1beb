//! What the cache keeps of an organization, and how it is erased.

use std::time::Instant;

use super::context::Context;
use super::core::Core;
use super::organization::LEGACY_HASHES;
use super::scripts::{ERASE_INDEX, ERASE_LEGACY_HASH};
use crate::entries::random_token;
use crate::erasure::{Commands, Erased, Keeper, Mode, Place};
use crate::error::Result;
use crate::key::Part;
use crate::near::Owner;

/// Keys that one script takes away, each with its size and its lease: short enough that other clients of the server hardly
/// notice.
const KEYS_A_PAGE: &[u8] = b"256";
/// Longer than a lease lasts, so a holder sees the mark when it renews.
const MARK_MS: &[u8] = b"120000";

/// The parts by the names that reports and scripts give them.
const PARTS: [(&str, Part); 7] = [
    ("values", Part::Value),
    ("legacy", Part::Legacy),
    ("caches", Part::Entry),
    ("leases", Part::Lease),
    ("tags", Part::Tag),
    ("indexes", Part::Index),
    ("marks", Part::Mark),
];

impl Keeper for Core {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        let context = &self.context;
        let stored = PARTS.map(|(name, part)| Box::new(Stored { context, name, part }) as Box<dyn Place>);
        let mut places: Vec<Box<dyn Place + '_>> = stored.into_iter().collect();
        if context.stand_in.has_redis() {
            places.push(Box::new(Copies(context)));
            places.push(Box::new(Memory(context)));
            places.push(Box::new(Journal(context)));
        }
        places.push(Box::new(Counts(context)));
        places
    }

    fn commands(&self, organization: &str, mode: Mode) -> Result<Commands> {
        let context = &self.context;
        let index = index_command(context, organization, mode)?;
        if !context.stand_in.has_redis() {
            return Ok(Commands::new());
        }
        let mut commands = vec![index];
        if context.reads_legacy() {
            commands.extend(LEGACY_HASHES.map(|kind| {
                let (hash, organization) = (context.keys.legacy_hash(kind), organization.as_bytes());
                words(&[b"EVAL", ERASE_LEGACY_HASH, b"1", &hash, mode.word(), organization])
            }));
        }
        Ok(commands)
    }
}

/// The command that erases what indexes list. Caches that this process has open are looked for even where the directory has
/// lost them.
fn index_command(context: &Context, organization: &str, mode: Mode) -> Result<Vec<Vec<u8>>> {
    let keys = &context.keys;
    let mut index = Vec::new();
    keys.organization_index(&mut index, Some(organization))?;
    let length = keys.prefix().len().to_string();
    let (token, directory) = (random_token(), keys.directory(&index));
    let mut command = words(&[
        b"EVAL",
        ERASE_INDEX,
        b"2",
        &index,
        &directory,
        mode.word(),
        KEYS_A_PAGE,
        length.as_bytes(),
        token.as_bytes(),
        MARK_MS,
    ]);
    for name in context.entries().caches.names() {
        let mut index = Vec::new();
        keys.of_cache(Some(organization), &name).index(&mut index)?;
        command.push(index);
    }
    Ok(command)
}

fn words(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}

/// A part that is in Redis, or in the embedded store.
struct Stored<'c> {
    context: &'c Context,
    name: &'static str,
    part: Part,
}

impl Stored<'_> {
    fn has(&self, key: &[u8], organization: &str) -> bool {
        self.context.keys.part_of(key, organization) == Some(self.part)
    }
}

impl Place for Stored<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn owns(&self, key: &[u8], organization: &str) -> bool {
        self.has(key, organization)
    }

    fn goes_last(&self) -> bool {
        self.part == Part::Mark
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        if self.context.stand_in.has_redis() {
            return Erased::default();
        }
        erased(self.context.stand_in.local_state().erase_memory(|key| self.has(key, organization)))
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        if self.context.stand_in.has_redis() {
            return 0;
        }
        self.context.stand_in.local_state().memory.count_where(|key| self.has(key, organization)) as u64
    }
}

/// Copies in this process. Clients that share a store have the same.
struct Copies<'c>(&'c Context);

impl Place for Copies<'_> {
    fn name(&self) -> &'static str {
        "near"
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        let Some(near) = &self.0.near else { return Erased::default() };
        let owner = Owner::of(organization.as_bytes());
        erased(near.copies.store().erase(owner, |key| is_of(self.0, key, organization)))
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        let count = |near: &super::near::Near| {
            near.copies.store().count_where(|key| is_of(self.0, key, organization))
        };
        self.0.near.as_ref().map_or(0, count) as u64
    }
}

/// Values that answer while Redis is away.
struct Memory<'c>(&'c Context);

impl Place for Memory<'_> {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        erased(self.0.stand_in.local_state().erase_memory(|key| is_of(self.0, key, organization)))
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        self.0.stand_in.local_state().memory.count_where(|key| is_of(self.0, key, organization)) as u64
    }
}

/// Writes that Redis does not have yet.
struct Journal<'c>(&'c Context);

impl Place for Journal<'_> {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn forget(&self, organization: &str, now: Instant) -> Erased {
        erased(self.0.stand_in.local_state().journal.erase(|key| is_of(self.0, key, organization), now))
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        self.0.stand_in.local_state().journal.count_where(|key| is_of(self.0, key, organization)) as u64
    }
}

/// What metrics can show of the organization by name.
struct Counts<'c>(&'c Context);

impl Place for Counts<'_> {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        let entries = u64::from(self.0.health().organizations().forget(organization));
        Erased { entries, bytes: 0 }
    }
}

fn is_of(context: &Context, key: &[u8], organization: &str) -> bool {
    context.keys.part_of(key, organization).is_some()
}

fn erased((entries, bytes): (usize, usize)) -> Erased {
    Erased { entries: entries as u64, bytes: bytes as u64 }
}
