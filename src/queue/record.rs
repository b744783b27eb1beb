//! The record of a job: a header of fixed width, a JSON line, and the payload, all of them text.
//!
//! `1 a00/03 s00 p+0000 c1764132000000 t00030000`, then a line such as `{"g":"acme","t":"mail"}`, then the payload. Scripts
//! change attempts, stalls and priority in place.

use std::io::Write;

use serde_core::Serialize;
use serde_json::{Map, Value};

use super::backoff::Backoff;
use super::keys::escaped;

/// So far the header goes before the time of creation, which the server gives.
const CREATED_AT: usize = 21;
const CREATED_DIGITS: usize = 13;
const HEADER_BYTES: usize = 44;
/// Room for what a plain job's line has beside its words.
const LINE_BYTES: usize = 40;

/// What a job is, beside its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub kind: String,
    pub organization: Option<String>,
    pub priority: i32,
    pub max_attempts: u32,
    pub timeout_ms: u64,
    pub backoff: Backoff,
    pub key: Option<String>,
    /// The mark that ends with the job.
    pub mark: Option<String>,
    /// The id of the schedule that made it, and its slot.
    pub schedule: Option<String>,
    pub slot: Option<i64>,
}

/// A record as Redis has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    pub job: Job,
    pub attempts: u32,
    pub stalls: u32,
    pub created_ms: i64,
    /// JSON.
    pub data: &'a [u8],
}

impl Job {
    /// The record in two parts, between which the server puts the time.
    pub fn write(&self, data: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let group = escaped(self.organization.as_deref());
        let mut head = Vec::with_capacity(CREATED_AT);
        let mut tail = Vec::with_capacity(LINE_BYTES + group.len() + self.kind.len() + data.len());
        // Writing into a list never fails.
        let _ = write!(head, "1 a00/{:02} s00 p{:+05} c", self.max_attempts, self.priority);
        let _ = write!(tail, " t{:08}\n{{\"g\":\"{group}\"", self.timeout_ms);
        if let Some(mark) = &self.mark {
            add(&mut tail, "u", mark);
        }
        add(&mut tail, "t", &self.kind);
        if let Some(organization) = self.organization.as_ref().filter(|name| **name != group) {
            add(&mut tail, "o", organization);
        }
        if let Some(key) = &self.key {
            add(&mut tail, "k", key);
        }
        if self.backoff != Backoff::default() {
            add(&mut tail, "b", &self.backoff.to_json());
        }
        if let Some(schedule) = &self.schedule {
            add(&mut tail, "s", schedule);
        }
        if let Some(slot) = self.slot {
            add(&mut tail, "a", &slot);
        }
        tail.extend_from_slice(b"}\n");
        tail.extend_from_slice(data);
        (head, tail)
    }
}

fn add(line: &mut Vec<u8>, name: &str, value: &impl Serialize) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
    // Writing into a list never fails.
    let _ = serde_json::to_writer(line, value);
}

impl<'a> Record<'a> {
    /// `None` where it is damaged.
    pub fn read(bytes: &'a [u8]) -> Option<Record<'a>> {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let rest = rest.strip_prefix(b"\n")?;
        let end = memchr::memchr(b'\n', rest)?;
        let (line, data) = (&rest[..end], &rest[end + 1..]);
        let header = std::str::from_utf8(header).ok()?;
        let part = |from: usize, until: usize| header.get(from..until);
        let fixed = [(0, "1 a"), (5, "/"), (8, " s"), (12, " p"), (19, " c"), (34, " t")];
        if fixed.iter().any(|(at, text)| part(*at, at + text.len()) != Some(text)) {
            return None;
        }
        // Five digits would be a priority that no job has, and that has no place in a header.
        let priority = part(14, 19).filter(|text| text.starts_with(['+', '-']))?;
        std::str::from_utf8(data).ok()?;
        serde_json::from_slice::<serde_core::de::IgnoredAny>(data).ok()?;
        let line: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let organization = text("g").map(|group| text("o").unwrap_or(group))?;
        Some(Record {
            attempts: part(3, 5)?.parse().ok()?,
            stalls: part(10, 12)?.parse().ok()?,
            created_ms: part(CREATED_AT, CREATED_AT + CREATED_DIGITS)?.parse().ok()?,
            job: Job {
                kind: text("t")?,
                organization: Some(organization).filter(|organization| !organization.is_empty()),
                priority: priority.parse().ok()?,
                max_attempts: part(6, 8)?.parse().ok()?,
                timeout_ms: part(36, HEADER_BYTES)?.parse().ok()?,
                backoff: line.get("b").map_or(Some(Backoff::default()), Backoff::from_json)?,
                key: text("k"),
                mark: text("u"),
                schedule: text("s"),
                slot: line.get("a").and_then(Value::as_i64),
            },
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn job() -> Job {
        Job {
            kind: "mail".to_owned(),
            organization: Some("acme".to_owned()),
            priority: 0,
            max_attempts: 3,
            timeout_ms: 30_000,
            backoff: Backoff::default(),
            key: None,
            mark: None,
            schedule: None,
            slot: None,
        }
    }

    fn whole(job: &Job, data: &[u8], created: i64) -> Vec<u8> {
        let (head, tail) = job.write(data);
        [&head, format!("{created:013}").as_bytes(), &tail].concat()
    }

    #[test]
    fn the_documented_record_comes_out() {
        let record = whole(&job(), b"[1]", 1_764_132_000_000);
        let expected = "1 a00/03 s00 p+0000 c1764132000000 t00030000\n{\"g\":\"acme\",\"t\":\"mail\"}\n[1]";
        assert_eq!(String::from_utf8(record).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            kind in ".{1,20}", organization in proptest::option::of(".{1,20}"), priority in -1000i32..=1000,
            max_attempts in 1u32..=99, timeout_ms in 0u64..=86_400_000, key in proptest::option::of(".{1,20}"),
            is_exponential: bool, created in 0i64..9_999_999_999_999,
            schedule in proptest::option::of(".{1,20}"), slot in proptest::option::of(0i64..9_999_999_999_999),
        ) {
            let backoff = Backoff { is_exponential, ..Backoff::default() };
            let mark = key.as_ref().map(|_| "ab12".to_owned());
            let job = Job { kind, organization, priority, max_attempts, timeout_ms, backoff, key, mark, schedule, slot };
            let bytes = whole(&job, b"{\"a\":\"b\"}", created);
            let read = Record::read(&bytes).unwrap();
            prop_assert_eq!((&read.job, read.created_ms, read.data), (&job, created, &b"{\"a\":\"b\"}"[..]));
            prop_assert_eq!((read.attempts, read.stalls), (0, 0));
        }

        #[test]
        fn no_bytes_harm_the_reader(bytes: Vec<u8>, cut in 0usize..80, at in 0usize..80, byte: u8) {
            let _ = Record::read(&bytes);
            let mut record = whole(&job(), b"{}", 1);
            record.truncate(record.len().saturating_sub(cut % 20));
            if let Some(place) = record.get_mut(at) { *place = byte; }
            let _ = Record::read(&record);
        }
    }

    #[test]
    fn a_priority_without_a_sign_is_damaged() {
        let record = |priority: &str| {
            format!("1 a00/03 s00 p{priority} c1764132000000 t00030000\n{{\"g\":\"\",\"t\":\"mail\"}}\n1")
        };
        assert_eq!(Record::read(record("71000").as_bytes()), None);
        assert_eq!(Record::read(record("-1000").as_bytes()).unwrap().job.priority, -1_000);
    }

    #[test]
    fn an_empty_organization_is_none() {
        let record =
            b"1 a00/03 s00 p+0000 c1764132000000 t00030000\n{\"g\":\"acme\",\"t\":\"mail\",\"o\":\"\"}\n1";
        assert_eq!(Record::read(record).unwrap().job.organization, None);
    }

    #[test]
    fn what_is_no_json_is_damaged() {
        for data in [&b""[..], b"{", b"\xff", b"1 2"] {
            assert_eq!(Record::read(&whole(&job(), data, 1)), None);
        }
    }
}
