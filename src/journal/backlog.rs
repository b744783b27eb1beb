//! The journal files of dead processes, locked and not read yet.
//!
//! Promises: the process that found the files owns them alone; a file is taken over as a whole or left as it
//! is; a process that dies on the way leaves every operation in a file. Relies on locks to tell dead
//! processes from living ones, and on the caller for a thread that may wait for the disk. Never touches the
//! journal that takes new operations.

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;

use super::file::{self, HEADER_BYTES, JournalFile, PREFIX, SUFFIX, UNFINISHED_SUFFIX};
use super::{Digest, Journal, disk};

/// The longest time that a living process needs to complete a file. An older unfinished file belongs to a
/// dead process.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// The files that dead processes left for one target.
pub struct Backlog {
    directory: PathBuf,
    target: Digest,
    dead: Vec<Dead>,
}

/// A dead process's locked file.
pub(super) struct Dead {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Backlog {
    /// Locks the files of dead processes in a journal's directory; `None` if there are none. Files of living
    /// processes and of other targets are left alone.
    ///
    /// # Errors
    /// `E_CONFIG` when the directory cannot be read.
    pub fn find(directory: &Path, target: &Digest) -> Result<Option<Backlog>> {
        let dead = find_dead(directory, SUFFIX, target).map_err(|error| file::refused(&error))?;
        let found = Backlog { directory: directory.to_owned(), target: *target, dead };
        Ok(Some(found).filter(|found| !found.dead.is_empty()))
    }

    /// Reads the files into one journal, which has a file of its own, and deletes them. A file that does not
    /// fit into `max_bytes` stays for another process. So does every further file once `is_wanted` returns
    /// false.
    ///
    /// # Errors
    /// `E_CONFIG` when the directory cannot be written. The files stay as they were.
    pub fn read(self, max_bytes: usize, now: Instant, is_wanted: impl Fn() -> bool) -> Result<Journal> {
        let Backlog { directory, target, dead } = self;
        let (mut helds, mut done, mut left) = (Vec::new(), Vec::new(), max_bytes);
        for dead in dead.into_iter().take_while(|_| is_wanted()) {
            // Another process may be able to read a file that this one cannot.
            let held = dead.read(&target, now).ok().flatten();
            if let Some(held) = held.filter(|held| held.bytes() <= left) {
                left -= held.bytes();
                helds.push(held);
                done.push(dead);
            }
        }
        let mut journal = Journal::new(usize::MAX);
        journal.merge(helds);
        journal.drop_ended(now);
        journal.taken_over = journal.len();
        let created =
            JournalFile::create(&directory, SUFFIX, &target, |out| journal.write_all(out, Instant::now()));
        journal.file = Some(created.map_err(|error| file::refused(&error))?);
        for dead in done {
            file::remove(&dead.file, &dead.path);
        }
        Ok(journal)
    }
}

impl Dead {
    fn read(&self, target: &Digest, now: Instant) -> io::Result<Option<Journal>> {
        let mut file = &self.file;
        file.rewind()?;
        let length = file.metadata()?.len();
        disk::read(io::BufReader::with_capacity(64 * 1024, file), length, target, now)
    }
}

/// Locks the files with this suffix that ended processes left for the target.
pub(super) fn find_dead(directory: &Path, suffix: &str, target: &Digest) -> io::Result<Vec<Dead>> {
    let mut dead = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Only plain files: opening a named pipe would wait for its other end.
        if !name.starts_with(PREFIX) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if name.ends_with(suffix) {
            // Another process may be able to read a file that this one cannot.
            dead.extend(take_lock(&entry, target).ok().flatten());
        } else if name.ends_with(UNFINISHED_SUFFIX) && is_abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(dead)
}

fn take_lock(entry: &DirEntry, target: &Digest) -> io::Result<Option<Dead>> {
    let path = entry.path();
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    file.try_lock()?;
    // The last holder of the lock may have deleted the file before it let go. File names are never reused.
    if !path.try_exists()? {
        return Ok(None);
    }
    // The lock of another target's file is released at once, because that target's next process looks for it.
    let mut head = [0; HEADER_BYTES];
    (&file).read_exact(&mut head)?;
    Ok((head == file::header(target)).then_some(Dead { path, file }))
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age > UNFINISHED_FOR)
}
