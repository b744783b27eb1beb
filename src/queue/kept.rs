//! The jobs that a producer acknowledged while Redis was away, in a file of `CACHE_JOURNAL_DIR`.
//!
//! Promises: a job that was acknowledged is in the file until Redis has it; whoever takes the file over goes on as the same
//! sender, with the same numbers for what may have been sent. Relies on the producer, which sends them in their order and tells
//! what it sends. Never waits for the disk.

use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::contract::NewJob;
use crate::error::Result;
use crate::journal::{Digest, FrameFile, digest};

const SENDER: u8 = b's';
const JOBS: u8 = b'j';
const SENDS: u8 = b'g';
const DONE: u8 = b'd';

/// Where files are, and what they are for.
#[derive(Debug, Clone)]
pub struct KeptIn {
    pub directory: PathBuf,
    /// The Redis and the prefix.
    pub target: String,
}

impl KeptIn {
    fn target_of(&self, queue: &str) -> Digest {
        digest(format!("{} queue {queue}", self.target).as_bytes())
    }
}

/// What an ended process has left of a producer.
#[derive(Debug, Default)]
pub struct Left {
    pub sender: String,
    /// The last number that it may have used.
    pub number: u64,
    /// Jobs that were added together, in order, and when, in ms since 1970.
    pub parts: Vec<(u64, Vec<NewJob>)>,
    /// So many of the first parts may have been sent, with this number.
    pub sent: Option<(u64, usize)>,
}

#[derive(Debug)]
pub struct Kept {
    place: KeptIn,
    queue: String,
    sender: String,
    file: Option<FrameFile>,
    /// Whether the file begins with its sender.
    has_sender: bool,
}

pub fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

impl Kept {
    pub fn new(place: KeptIn, queue: &str, sender: &str) -> Kept {
        Kept { place, queue: queue.to_owned(), sender: sender.to_owned(), file: None, has_sender: false }
    }

    /// The files of ended processes, each with what was in it.
    pub fn take_over(place: &KeptIn, queue: &str) -> Vec<(Kept, Left)> {
        let found = FrameFile::take_over(&place.directory, &place.target_of(queue));
        let read = found.into_iter().map(|(file, frames)| {
            let left = read(&frames);
            let kept =
                Kept { file: Some(file), has_sender: true, ..Kept::new(place.clone(), queue, &left.sender) };
            (kept, left)
        });
        read.collect()
    }

    /// Keeps the parts of a call, which were added at that time, all or none. `number` is the last one that the sender has used.
    ///
    /// # Errors
    /// The file cannot be written, and nothing was kept.
    pub fn keep<'a>(
        &mut self,
        number: u64,
        at_ms: u64,
        parts: impl IntoIterator<Item = &'a [NewJob]>,
    ) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self
                .file
                .insert(FrameFile::create(&self.place.directory, &self.place.target_of(&self.queue))?),
        };
        let head = (!self.has_sender).then(|| sender_frame(&self.sender));
        let parts = parts.into_iter().map(|jobs| jobs_frame(number, at_ms, jobs));
        let frames: Vec<Vec<u8>> = head.into_iter().chain(parts).collect();
        file.append(frames.iter().map(Vec::as_slice))?;
        self.has_sender = true;
        Ok(())
    }

    /// The first parts are sent with this number. False where that could not be noted: then they may not be sent.
    pub fn sends(&mut self, number: u64, parts: usize) -> bool {
        let mut frame = vec![SENDS];
        put(&mut frame, number);
        put(&mut frame, parts as u64);
        self.file.as_mut().is_none_or(|file| file.append([&frame[..]]).is_ok())
    }

    /// Redis has what was sent with this number. `rest` are the parts that still wait, and when they were added.
    pub fn done(&mut self, number: u64, rest: &[(u64, &[NewJob])], now: Instant) {
        let Some(file) = &mut self.file else { return };
        if rest.is_empty() {
            file.clear();
            self.has_sender = false;
            return;
        }
        let mut frame = vec![DONE];
        put(&mut frame, number);
        // Without it, the same number is sent once more, and nothing happens twice.
        let _ = file.append([&frame[..]]);
        let bytes =
            rest.iter().flat_map(|(_, jobs)| jobs.iter()).map(|job| job.head.len() + job.tail.len()).sum();
        if file.is_overgrown(bytes) {
            let head = sender_frame(&self.sender);
            let parts: Vec<Vec<u8>> = rest.iter().map(|(at, jobs)| jobs_frame(number, *at, jobs)).collect();
            file.rewrite([&head[..]].into_iter().chain(parts.iter().map(Vec::as_slice)), now);
        }
    }

    /// Nothing is kept any more.
    pub fn remove(self) {
        if let Some(file) = self.file {
            file.remove();
        }
    }
}

fn put(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn sender_frame(sender: &str) -> Vec<u8> {
    [&[SENDER], sender.as_bytes()].concat()
}

fn jobs_frame(number: u64, at: u64, jobs: &[NewJob]) -> Vec<u8> {
    let mut out = vec![JOBS];
    put(&mut out, number);
    put(&mut out, at);
    for job in jobs {
        let NewJob { id, organization, priority, delay_ms, head, tail, mark, digest, window_ms } = job;
        for text in [id.as_bytes(), organization.as_bytes(), head, tail, mark.as_bytes(), digest.as_bytes()] {
            put_bytes(&mut out, text);
        }
        put(&mut out, *delay_ms);
        put(&mut out, *window_ms);
        put(&mut out, i64::from(*priority) as u64);
    }
    out
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn job(&mut self) -> Option<NewJob> {
        Some(NewJob {
            id: self.text()?,
            organization: self.text()?,
            head: self.bytes()?.to_vec(),
            tail: self.bytes()?.to_vec(),
            mark: self.text()?,
            digest: self.text()?,
            delay_ms: self.number()?,
            window_ms: self.number()?,
            priority: i32::try_from(self.number()? as i64).ok()?,
        })
    }

    fn jobs(&mut self) -> Option<Vec<NewJob>> {
        let mut jobs = Vec::new();
        while !self.0.is_empty() {
            jobs.push(self.job()?);
        }
        Some(jobs)
    }
}

/// What the frames of a file say, up to the first that says nothing.
fn read(frames: &[Vec<u8>]) -> Left {
    let mut left = Left::default();
    for frame in frames {
        if read_frame(frame, &mut left).is_none() {
            break;
        }
    }
    left
}

fn read_frame(frame: &[u8], left: &mut Left) -> Option<()> {
    let (tag, rest) = frame.split_first()?;
    let mut reader = Reader(rest);
    match *tag {
        SENDER => left.sender = String::from_utf8(rest.to_vec()).ok()?,
        JOBS => {
            left.number = left.number.max(reader.number()?);
            left.parts.push((reader.number()?, reader.jobs()?));
        }
        SENDS => {
            let number = reader.number()?;
            left.number = left.number.max(number);
            left.sent = Some((number, usize::try_from(reader.number()?).ok()?));
        }
        DONE => {
            let number = reader.number()?;
            if let Some((_, parts)) = left.sent.take_if(|(sent, _)| *sent == number) {
                left.parts.drain(..parts.min(left.parts.len()));
            }
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_job(id: &str) -> NewJob {
        NewJob {
            id: id.to_owned(),
            organization: "a%3A".to_owned(),
            priority: -7,
            delay_ms: 5,
            head: b"head".to_vec(),
            tail: vec![0, 255, b'\n'],
            mark: "m".to_owned(),
            digest: "d".to_owned(),
            window_ms: 9,
        }
    }

    #[test]
    fn what_was_not_done_is_left_with_the_numbers_that_may_have_been_used() {
        let frames = [
            sender_frame("sender"),
            jobs_frame(3, 100, &[some_job("j1"), some_job("j2")]),
            jobs_frame(3, 101, &[some_job("j3")]),
            jobs_frame(3, 102, &[some_job("j4")]),
        ];
        let mut kept = frames.to_vec();
        let noted = |tag: u8, numbers: &[u64]| {
            let mut frame = vec![tag];
            numbers.iter().for_each(|number| put(&mut frame, *number));
            frame
        };
        kept.push(noted(SENDS, &[4, 2]));
        let left = read(&kept);
        assert_eq!((left.sender.as_str(), left.number, left.sent), ("sender", 4, Some((4, 2))));
        assert_eq!(left.parts[0], (100, vec![some_job("j1"), some_job("j2")]));
        kept.push(noted(DONE, &[4]));
        let left = read(&kept);
        assert_eq!((left.number, left.sent, left.parts.len()), (4, None, 1));
        assert_eq!(left.parts[0].1[0].id, "j4");
    }

    proptest! {
        #[test]
        fn no_bytes_harm_the_reader(frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5)) {
            read(&frames);
        }
    }
}
