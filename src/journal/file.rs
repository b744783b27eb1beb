//! One journal's file.
//!
//! Promises: a frame is in the file as a whole or not at all; only the owner can read the file; the file is
//! locked while the process lives, and it gets its final name only when it is complete. Relies on the journal
//! for the content. Never waits for the disk: a crash of the machine loses data.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorCode};

use super::Digest;
use super::frames::FRAME_HEAD_BYTES;

pub(super) const PREFIX: &str = "orgcache-";
pub(super) const SUFFIX: &str = ".journal";
/// The suffix of a file that is not complete.
pub(super) const UNFINISHED_SUFFIX: &str = ".unfinished";

const MAGIC: [u8; 8] = *b"orgcjrnl";
const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = MAGIC.len() + size_of::<u32>() + size_of::<Digest>();

/// A file with less history than this is not worth rewriting.
const SLACK_BYTES: u64 = 1024 * 1024;

/// The pause after a failed rewrite. Rewriting costs as much as the journal holds, so not every write tries
/// again.
const REWRITE_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct JournalFile {
    directory: PathBuf,
    suffix: &'static str,
    target: Digest,
    path: PathBuf,
    file: File,
    length: u64,
    /// The file's length at the last rewrite, or at the last attempt.
    rewritten_length: u64,
    /// Whether the file differs from the journal and must be rewritten first.
    pub(super) is_behind: bool,
    /// When a failed rewrite may be tried again.
    retry_at: Option<Instant>,
}

pub(super) fn header(target: &Digest) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..].copy_from_slice(target);
    header
}

/// The error for a directory that cannot be used. It names no path; the variable does.
pub(super) fn refused(error: &io::Error) -> Error {
    Error::new(ErrorCode::Config, format!("CACHE_JOURNAL_DIR cannot be used: {error}"))
}

impl JournalFile {
    /// Creates a locked file with the header and the output of `fill`.
    pub(super) fn create(
        directory: &Path,
        suffix: &'static str,
        target: &Digest,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<JournalFile> {
        let random = RandomState::new().build_hasher().finish();
        let name = format!("{PREFIX}{}-{random:016x}{suffix}", std::process::id());
        let path = directory.join(&name);
        let unfinished = directory.join(name + UNFINISHED_SUFFIX);
        let file = new_file(&unfinished)?;
        let made =
            complete(&file, target, fill).and_then(|length| fs::rename(&unfinished, &path).map(|()| length));
        let length = made.inspect_err(|_| {
            // The file may be gone already. If not, a later process removes it.
            let _ = fs::remove_file(&unfinished);
        })?;
        Ok(JournalFile {
            directory: directory.to_owned(),
            suffix,
            target: *target,
            path,
            file,
            length,
            rewritten_length: length,
            is_behind: false,
            retry_at: None,
        })
    }

    /// The locked file of an ended process, whose next frame goes to `length`.
    pub(super) fn of_dead(
        directory: &Path,
        suffix: &'static str,
        target: &Digest,
        path: PathBuf,
        file: File,
        length: u64,
    ) -> JournalFile {
        JournalFile {
            directory: directory.to_owned(),
            suffix,
            target: *target,
            path,
            file,
            length,
            rewritten_length: length,
            is_behind: false,
            retry_at: None,
        }
    }

    /// Appends whole frames. After an error the file is unchanged, or `is_behind` is set.
    pub(super) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        let written = (&self.file).write_all(frames);
        if written.is_err() {
            self.is_behind |= self.file.set_len(self.length).is_err();
        } else {
            self.length += frames.len() as u64;
        }
        written
    }

    /// Whether most of the file is history. `live_bytes` is the size of the journal.
    pub(super) fn is_overgrown(&self, live_bytes: usize) -> bool {
        let live = self.rewritten_length.max(live_bytes as u64);
        self.length > live.saturating_mul(2).saturating_add(SLACK_BYTES)
    }

    /// Continues in a new file with the output of `fill`. The old file is removed after the new one is
    /// complete. A process that dies in between leaves both, with the same content.
    pub(super) fn rewrite(
        &mut self,
        now: Instant,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.retry_at.is_some_and(|at| now < at) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match JournalFile::create(&self.directory, self.suffix, &self.target, fill) {
            Ok(new) => {
                let old = std::mem::replace(self, new);
                old.remove();
                Ok(())
            }
            Err(error) => {
                // A file that is only long is left alone until its length has doubled.
                self.rewritten_length = self.length;
                self.retry_at = Some(now + REWRITE_PAUSE);
                Err(error)
            }
        }
    }

    /// Empties the file, because the journal holds nothing any more.
    pub(super) fn truncate(&mut self) {
        if self.length == HEADER_BYTES as u64 && !self.is_behind {
            return;
        }
        match self.file.set_len(HEADER_BYTES as u64) {
            Ok(()) => {
                self.length = HEADER_BYTES as u64;
                self.rewritten_length = self.length;
                self.is_behind = false;
            }
            Err(_) => self.is_behind = true,
        }
    }

    /// Deletes the file while it is locked, so that no other process takes it over.
    pub(super) fn remove(&self) {
        remove(&self.file, &self.path);
    }
}

/// Empties and deletes a locked file. It is emptied first: if it may not be deleted, no process finds old
/// operations in it.
pub(super) fn remove(file: &File, path: &Path) {
    // If both fail, nothing else can be tried.
    let _ = file.set_len(0);
    let _ = fs::remove_file(path);
}

fn complete(
    mut file: &File,
    target: &Digest,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    file.try_lock()?;
    let mut buffered = io::BufWriter::with_capacity(64 * 1024, file);
    buffered.write_all(&header(target))?;
    fill(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    file.flush()?;
    Ok(file.metadata()?.len())
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates the directory, readable for its owner alone, if it does not exist. A missing parent is an error:
/// the path is wrong or a disk is not mounted, and the journal would be lost.
pub(super) fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        // Another process may have created it at the same time.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the directory in which it is to be made is not there; make it, or correct the path",
        )),
        other => other,
    }
}

/// Calls `visit` with the payload of each frame, until the first that is torn, damaged or refused. False when
/// this is no file of the target. `length` is the number of bytes in `reader`.
pub(super) fn read_frames(
    mut reader: impl Read,
    length: u64,
    target: &Digest,
    mut visit: impl FnMut(&[u8]) -> bool,
) -> io::Result<bool> {
    let mut left = length;
    let mut head = [0; HEADER_BYTES];
    if !read_whole(&mut reader, &mut head, &mut left)? || head != header(target) {
        return Ok(false);
    }
    let mut payload = Vec::new();
    let mut head = [0; FRAME_HEAD_BYTES];
    while read_whole(&mut reader, &mut head, &mut left)? {
        let number = u64::from_le_bytes(head);
        let (claimed, checksum) = (number & u64::from(u32::MAX), (number >> 32) as u32);
        if claimed > left {
            break;
        }
        payload.clear();
        left -= claimed;
        (&mut reader).take(claimed).read_to_end(&mut payload)?;
        let is_whole = payload.len() as u64 == claimed && crc32fast::hash(&payload) == checksum;
        if !is_whole || !visit(&payload) {
            break;
        }
    }
    Ok(true)
}

fn read_whole(reader: &mut impl Read, into: &mut [u8], left: &mut u64) -> io::Result<bool> {
    let Some(rest) = left.checked_sub(into.len() as u64) else { return Ok(false) };
    *left = rest;
    match reader.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
impl JournalFile {
    /// Makes every further write fail.
    pub(super) fn make_read_only(&mut self) {
        let old = std::mem::replace(&mut self.file, File::open(&self.path).unwrap());
        drop(old);
        self.file.lock().unwrap();
    }
}
