//! Writes the journal's changes to its file, and restores a journal from a file.
//!
//! Promises: a change is in the file before it is in memory; a file restores the journal as it was when it
//! was written, up to the first torn or damaged frame. Relies on one owner for each file. Never fails a
//! change that only removes something: the file is corrected later.

use std::io;
use std::time::Instant;

use crate::error::Result;

use super::clock::Clock;
use super::file;
use super::frames::{self, Change};
use super::{Digest, Entry, Journal, Recorded};

/// The approximate size of the pieces in which frames are handed to the file.
const PIECE_BYTES: usize = 64 * 1024;

impl Journal {
    /// Writes a change before the journal keeps it.
    pub(super) fn write(&mut self, change: &Change<'_>, now: Instant) -> Result<()> {
        self.append(change, now).map_err(|error| file::refused(&error))
    }

    /// `at` is when the change happened. A change from another journal happened some time ago.
    fn append(&mut self, change: &Change<'_>, at: Instant) -> io::Result<()> {
        if self.file.as_ref().is_some_and(|file| file.is_behind) {
            self.rewrite(at)?;
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut frame = Vec::new();
        if !frames::encode(change, at, Clock::at(Instant::now()), &mut frame) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        file.append(&frame)
    }

    /// Writes a removal. If that fails, the file is rewritten before it takes another change.
    pub(super) fn note(&mut self, change: &Change<'_>) {
        if self.file.is_none() {
            return;
        }
        let now = Instant::now();
        if self.append(change, now).is_err()
            && let Some(file) = &mut self.file
        {
            file.is_behind = true;
        }
        self.tidy(now);
    }

    /// Keeps the file's size near that of the journal.
    pub(super) fn tidy(&mut self, now: Instant) {
        let (is_empty, bytes) = (self.is_empty(), self.bytes());
        let Some(file) = &mut self.file else { return };
        if is_empty {
            file.truncate();
        } else if file.is_overgrown(bytes) {
            // The change itself is written, so a file that stays long loses nothing.
            let _ = self.rewrite(now);
        }
    }

    pub(super) fn rewrite(&mut self, now: Instant) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let rewritten = file.rewrite(now, |out| self.write_all(out, Instant::now()));
        self.file = Some(file);
        rewritten
    }

    /// Restores a journal from a file's bytes, up to the first torn or damaged frame. `None` when they are no
    /// journal file of this target.
    #[doc(hidden)]
    pub fn read(bytes: &[u8], target: &Digest, now: Instant) -> Option<Journal> {
        // Reading from memory cannot fail.
        read(bytes, bytes.len() as u64, target, now).ok().flatten()
    }

    /// The bytes of a file that holds the whole journal.
    #[doc(hidden)]
    pub fn image(&self, target: &Digest, now: Instant) -> Vec<u8> {
        let mut image = file::header(target).to_vec();
        // Writing to memory cannot fail.
        let _ = self.write_all(&mut image, now);
        image
    }

    /// Writes the whole journal, oldest first.
    pub(super) fn write_all(&self, out: &mut dyn io::Write, now: Instant) -> io::Result<()> {
        let clock = Clock::at(now);
        let mut piece = Vec::new();
        let mut is_whole = true;
        for clear in self.clears() {
            is_whole &= frames::encode_clear(clear, clock, &mut piece);
        }
        let mut entries: Vec<&Entry> = self.entries.values().map(|entry| &**entry).collect();
        entries.sort_unstable_by_key(|entry| entry.ticket);
        for entry in entries {
            is_whole &= frames::encode_entry(entry, clock, &mut piece);
            if piece.len() >= PIECE_BYTES {
                out.write_all(&piece)?;
                piece.clear();
            }
        }
        if !is_whole {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        out.write_all(&piece)
    }

    /// Applies a change from a file.
    fn repeat(&mut self, change: Change<'_>, at: Instant) {
        // The journal held all of this before, so there is room. It has no file to write to yet.
        let _ = match change {
            Change::Record(record) => self.record_at(&record, at),
            Change::Clear { index, organization, sequence } => self.clear(index, organization, sequence, at),
            Change::Settle { key, sequence } => {
                self.settle(key, sequence);
                Recorded::Kept
            }
            Change::Forget { key } => {
                self.forget(key);
                Recorded::Kept
            }
            Change::SettleClear { index, sequence } => {
                self.settle_clear(index, sequence);
                Recorded::Kept
            }
            Change::Entry(entry) => {
                self.restore(entry);
                Recorded::Kept
            }
        };
    }
}

pub(super) fn read(
    reader: impl io::Read,
    length: u64,
    target: &Digest,
    now: Instant,
) -> io::Result<Option<Journal>> {
    let clock = Clock::at(now);
    let mut journal = Journal::new(usize::MAX);
    let is_ours = file::read_frames(reader, length, target, |payload| {
        let change = frames::decode(payload, clock);
        let is_known = change.is_some();
        if let Some((at, change)) = change {
            journal.repeat(change, at);
        }
        is_known
    })?;
    journal.drop_ended(now);
    Ok(is_ours.then_some(journal))
}
