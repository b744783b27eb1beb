//! Events, as the scripts write them: only while somebody listens, and only the latest.

use std::collections::VecDeque;

use super::Memory;
use crate::queue::contract::Word;

const MOST: usize = 10_000;
const LISTENS_MS: i64 = 60_000;
const FORGOTTEN_MS: i64 = 3_600_000;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    place: (i64, u64),
    event: &'static str,
    job: String,
    kind: String,
    organization: String,
    at: i64,
    detail: String,
}

impl Entry {
    /// As the stream has it.
    pub(super) fn texts(&self) -> [String; 7] {
        [
            text_of(self.place),
            self.event.to_owned(),
            self.job.clone(),
            self.kind.clone(),
            self.organization.clone(),
            self.at.to_string(),
            self.detail.clone(),
        ]
    }
}

/// Who listens, and what there is to hear.
#[derive(Debug, Default)]
pub(super) struct Heard {
    till: i64,
    /// The epoch of those who listen, and the number of the last event in it.
    last: (i64, u64),
    waits: bool,
    pub(super) entries: VecDeque<Entry>,
}

fn text_of((epoch, number): (i64, u64)) -> String {
    format!("{epoch}-{number}")
}

fn place_of(text: &str) -> Option<(i64, u64)> {
    let (epoch, number) = text.split_once('-')?;
    Some((epoch.parse().ok()?, number.parse().ok()?))
}

impl Memory {
    pub(super) fn is_heard(&self) -> bool {
        let till = self.heard.till;
        till > self.now && till <= self.now + LISTENS_MS
    }

    /// The number of the attempt that a job is in.
    pub(super) fn attempt_of(&self, id: &str) -> u32 {
        self.record(id).map_or(0, |record| record.attempts) + 1
    }

    /// An event of a job whose record is still there.
    pub(super) fn note(&mut self, event: &'static str, id: &str, detail: impl FnOnce() -> String) {
        if !self.is_heard() {
            return;
        }
        let kind = self.record(id).map(|record| record.job.kind).unwrap_or_default();
        let organization = self.organization_of(id);
        self.write(event, id, kind, organization, detail());
    }

    /// An event of an organization, or of the whole queue.
    pub(super) fn note_all(&mut self, event: &'static str, organization: Option<&String>) {
        if self.is_heard() {
            let scope = if organization.is_some() { "scope=organization" } else { "scope=queue" };
            let organization = organization.cloned().unwrap_or_default();
            self.write(event, "", String::new(), organization, scope.to_owned());
        }
    }

    fn write(&mut self, event: &'static str, id: &str, kind: String, organization: String, detail: String) {
        let at = self.now;
        let heard = &mut self.heard;
        heard.last.1 += 1;
        let entry = Entry { place: heard.last, event, job: id.to_owned(), kind, organization, at, detail };
        heard.entries.push_back(entry);
        if heard.entries.len() > MOST {
            heard.entries.pop_front();
        }
        if std::mem::take(&mut heard.waits) {
            self.tell("v");
        }
    }

    /// Listens for another minute, and answers what there is from a place on.
    pub(super) fn listen(&mut self, from: &str, most: u64) -> Vec<Word> {
        let now = self.now;
        let is_over = !self.is_heard();
        let heard = &mut self.heard;
        if is_over {
            let latest = heard.entries.back().map_or(0, |entry| entry.place.0 + 1);
            heard.last = (now.max(heard.last.0 + 1).max(latest), 0);
        }
        heard.till = now + LISTENS_MS;
        let mut words: Vec<Word> = vec![(&*now.to_string()).into(), (&*text_of(heard.last)).into()];
        if most == 0 {
            return words;
        }
        let mut count = 0;
        if let Some(from) = place_of(from) {
            let page = heard.entries.iter().filter(|entry| entry.place >= from).take(most as usize + 1);
            for entry in page {
                words.extend(entry.texts().iter().map(|text| Word::from(&**text)));
                count += 1;
            }
        }
        heard.waits |= count <= most;
        words
    }

    /// Answers how many there were.
    pub(super) fn forget_events_of(&mut self, only: Option<&String>) -> usize {
        let before = self.heard.entries.len();
        self.heard.entries.retain(|entry| only.is_some_and(|name| entry.organization != *name));
        before - self.heard.entries.len()
    }

    /// Forgets events of which nobody has wanted to hear for an hour.
    pub(super) fn forget_events(&mut self) {
        if self.now - self.heard.till > FORGOTTEN_MS {
            self.heard = Heard::default();
        }
    }
}
