//! A file of frames whose meaning its owner knows, kept as the journal's own file is.
//!
//! Promises: a frame is in the file as a whole or not at all; files of ended processes are found, and belong to one process at a
//! time. Relies on the owner for the meaning and the bound. Never waits for the disk: a crash of the machine loses data.

use std::fs;
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Instant;

use super::Digest;
use super::backlog::find_dead;
use super::file::{self, HEADER_BYTES, JournalFile};
use super::frames::{FRAME_HEAD_BYTES, in_frame};
use crate::error::Result;

/// What its files end with: none of the journal's.
const SUFFIX: &str = ".frames";

#[derive(Debug)]
pub struct FrameFile(JournalFile);

/// The frames of these payloads.
fn framed<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut frames = Vec::new();
    for payload in payloads {
        if !in_frame(&mut frames, |out| out.extend_from_slice(payload)) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    Ok(frames)
}

impl FrameFile {
    /// A new file in `directory`, which is created if it does not exist. `target` says what the frames are for.
    ///
    /// # Errors
    /// `E_CONFIG` when the directory cannot be used.
    pub fn create(directory: &Path, target: &Digest) -> Result<FrameFile> {
        let made = file::make_directory(directory)
            .and_then(|()| JournalFile::create(directory, SUFFIX, target, |_| Ok(())))
            .map_err(|error| file::refused(&error))?;
        Ok(FrameFile(made))
    }

    /// Locks and reads the files that ended processes left for the target. Those of living ones are left alone, as are files
    /// that cannot be read.
    pub fn take_over(directory: &Path, target: &Digest) -> Vec<(FrameFile, Vec<Vec<u8>>)> {
        let dead = find_dead(directory, SUFFIX, target).unwrap_or_default();
        let read = dead.into_iter().filter_map(|dead| {
            let (mut file, mut payloads) = (dead.file, Vec::new());
            file.rewind().ok()?;
            let length = file.metadata().ok()?.len();
            let buffered = io::BufReader::with_capacity(64 * 1024, &file);
            let keep = |payload: &[u8]| {
                payloads.push(payload.to_vec());
                true
            };
            file::read_frames(buffered, length, target, keep).ok()?;
            // What is behind the last whole frame would hide what is appended.
            let whole: usize = payloads.iter().map(|payload| FRAME_HEAD_BYTES + payload.len()).sum();
            let whole = (HEADER_BYTES + whole) as u64;
            file.set_len(whole).ok()?;
            file.seek(SeekFrom::Start(whole)).ok()?;
            let file = JournalFile::of_dead(directory, SUFFIX, target, dead.path, file, whole);
            Some((FrameFile(file), payloads))
        });
        read.collect()
    }

    /// Appends frames, all or none.
    ///
    /// # Errors
    /// `E_CONFIG` when the file cannot be written.
    pub fn append<'a>(&mut self, payloads: impl IntoIterator<Item = &'a [u8]>) -> Result<()> {
        framed(payloads).and_then(|frames| self.0.append(&frames)).map_err(|error| file::refused(&error))
    }

    /// Whether most of the file is history, where so many bytes are still of use.
    pub fn is_overgrown(&self, live_bytes: usize) -> bool {
        self.0.is_behind || self.0.is_overgrown(live_bytes)
    }

    /// Goes on in a new file with these frames alone. Where that fails, all stays as it was.
    pub fn rewrite<'a>(&mut self, payloads: impl IntoIterator<Item = &'a [u8]>, now: Instant) {
        // A file that is only long loses nothing.
        let _ = framed(payloads).and_then(|frames| self.0.rewrite(now, |out| out.write_all(&frames)));
    }

    /// Removes all frames.
    pub fn clear(&mut self) {
        self.0.truncate();
    }

    /// Deletes the file.
    pub fn remove(self) {
        self.0.remove();
    }
}

/// Whether a directory may hold files.
pub fn is_there(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|known| known.is_dir())
}
