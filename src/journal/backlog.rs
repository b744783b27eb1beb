//! Files that ended processes left, locked and not read yet.
//!
//! Promises: whoever found the files has them alone; a file is taken over as a whole or left as it is;
//! a process that dies on the way leaves every operation in a file. Relies on locks to tell the dead
//! from the living, and on the caller for a thread that may wait for the disk. Never touches the
//! journal that takes new operations.

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;

use super::file::{self, HEADER_BYTES, JournalFile, PREFIX, SUFFIX, UNFINISHED_SUFFIX};
use super::{Digest, Journal, disk};

/// Nobody takes so long to complete a file: one that is still unfinished is of a dead process.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// What ended processes left for one target.
pub struct Backlog {
    directory: PathBuf,
    target: Digest,
    dead: Vec<Dead>,
}

/// The locked file of a dead process.
struct Dead {
    path: PathBuf,
    file: File,
}

impl Backlog {
    /// Locks the files of dead processes in a journal's directory; `None` where there are none. Files
    /// of the living and of other targets are left alone.
    ///
    /// # Errors
    /// `E_CONFIG` where the directory cannot be read.
    pub fn find(directory: &Path, target: &Digest) -> Result<Option<Backlog>> {
        let dead = find_dead(directory, target).map_err(|error| file::refused(&error))?;
        let found = Backlog { directory: directory.to_owned(), target: *target, dead };
        Ok(Some(found).filter(|found| !found.dead.is_empty()))
    }

    /// Reads the files and puts them into one journal, which has a file of its own; theirs are
    /// deleted. A file that does not fit into `max_bytes` waits for another process, and so does every
    /// further one as soon as `is_wanted` says that nobody waits for this.
    ///
    /// # Errors
    /// `E_CONFIG` where the directory cannot be written. The files are left as they were.
    pub fn read(self, max_bytes: usize, now: Instant, is_wanted: impl Fn() -> bool) -> Result<Journal> {
        let Backlog { directory, target, dead } = self;
        let (mut helds, mut done, mut left) = (Vec::new(), Vec::new(), max_bytes);
        for dead in dead.into_iter().take_while(|_| is_wanted()) {
            // As above: what cannot be read may be read by another process.
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
        let created = JournalFile::create(&directory, &target, |out| journal.write_all(out, Instant::now()));
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

fn find_dead(directory: &Path, target: &Digest) -> io::Result<Vec<Dead>> {
    let mut dead = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Only plain files: opening a pipe of that name would wait for its other end.
        if !name.starts_with(PREFIX) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if name.ends_with(SUFFIX) {
            // A file that cannot be read may be read by another process.
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
    // Whoever held the lock may have deleted the file before letting go. Names are never used again.
    if !path.try_exists()? {
        return Ok(None);
    }
    // The lock of a file of another target goes at once: its own next process looks for it.
    let mut head = [0; HEADER_BYTES];
    (&file).read_exact(&mut head)?;
    Ok((head == file::header(target)).then_some(Dead { path, file }))
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age > UNFINISHED_FOR)
}
