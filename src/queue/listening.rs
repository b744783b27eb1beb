//! What a reader of events has: its place, whether it may have missed any, and how an event is told.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::contract::Word;
use super::keys::unescaped;
use super::told::worker_name;

/// Events of a page.
pub const PAGE: u64 = 500;
const WORDS_AN_EVENT: usize = 7;

/// A place in the events: the epoch of those who listen, and a number without gaps in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64, u64);

impl Place {
    pub fn read(text: &str) -> Option<Place> {
        let (epoch, number) = text.split_once('-')?;
        let digits = |part: &str| {
            let is_number = (1..=15).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse().ok() } else { None }
        };
        Some(Place(digits(epoch)?, digits(number)?))
    }

    fn text(self) -> String {
        format!("{}-{}", self.0, self.1)
    }

    fn next(self) -> Place {
        Place(self.0, self.1 + 1)
    }

    fn before(self) -> Place {
        Place(self.0, self.1.saturating_sub(1))
    }
}

/// One reader's way through the events of a queue.
#[derive(Debug, Default)]
pub struct Listening {
    place: Option<Place>,
    /// What tells the event at its place from another one with the same number, of a server that has lost some.
    last: String,
    /// The organization whose events it tells; `None`: all.
    only: Option<Option<String>>,
    told: VecDeque<String>,
}

impl Listening {
    pub fn new(from: Option<Place>, only: Option<Option<String>>) -> Listening {
        Listening { place: from, only, ..Listening::default() }
    }

    /// Whether it knows where it is.
    pub fn has_begun(&self) -> bool {
        self.place.is_some()
    }

    /// Where it reads on; empty: with the next event.
    pub fn from(&self) -> String {
        self.place.map(Place::text).unwrap_or_default()
    }

    /// Takes a page. Answers whether there may be more. `None` where it is none.
    pub fn take(&mut self, words: &[Word], most: u64) -> Option<bool> {
        let (heads, entries) = words.split_at_checked(2)?;
        let (now, end) = (heads[0].number(), Place::read(&heads[1].text())?);
        if most == 0 || self.place.is_none() {
            self.place.get_or_insert(end);
            return Some(most > 0);
        }
        let mut at = self.place?;
        let entries: Vec<&[Word]> = entries.chunks_exact(WORDS_AN_EVENT).collect();
        let is_full = entries.len() as u64 > most;
        for (index, entry) in entries.into_iter().enumerate() {
            let (place, mark) = (Place::read(&entry[0].text())?, mark_of(entry));
            if index == 0 && place == at {
                if !self.last.is_empty() && self.last != mark {
                    self.tell_gap(at, now);
                }
                continue;
            }
            if place != at.next() {
                self.tell_gap(place.before(), now);
            }
            (at, self.last) = (place, mark);
            self.tell(entry);
        }
        if !is_full && at != end {
            self.tell_gap(end, now);
            (at, self.last) = (end, String::new());
        }
        self.place = Some(at);
        Some(is_full)
    }

    /// Events that were not taken yet, as JSON.
    pub fn take_told(&mut self) -> Option<String> {
        if self.told.is_empty() {
            return None;
        }
        let told: Vec<String> = self.told.drain(..).collect();
        Some(format!("[{}]", told.join(",")))
    }

    fn tell_gap(&mut self, place: Place, now: i64) {
        self.told.push_back(json!({ "id": place.text(), "event": "gap", "at": now }).to_string());
    }

    fn tell(&mut self, entry: &[Word]) {
        let text = |at: usize| entry[at].text();
        let name = Some(text(4)).filter(|name| !name.is_empty()).and_then(|name| unescaped(&name));
        let detail = text(6);
        let is_of_queue = detail == "scope=queue";
        if self.only.as_ref().is_some_and(|only| is_of_queue || *only != name) {
            return;
        }
        let mut told = json!({
            "id": text(0), "event": text(1), "jobId": null, "type": null, "orgId": name, "at": entry[5].number(),
        });
        if !text(2).is_empty() {
            told["jobId"] = text(2).into();
            told["type"] = Some(text(3)).filter(|kind| !kind.is_empty()).into();
        }
        detail.split(' ').filter_map(|word| word.split_once('=')).for_each(|(name, value)| {
            add_detail(&mut told, name, value);
        });
        self.told.push_back(told.to_string());
    }
}

fn add_detail(told: &mut Value, name: &str, value: &str) {
    let number = |text: &str| Value::from(text.parse::<i64>().ok());
    match name {
        "attempt" => told["attempt"] = number(value),
        "delay" => told["delayMs"] = number(value),
        "scope" => told["scope"] = value.into(),
        "member" => {
            let mut parts = value.split(':').skip(1);
            told["fence"] = parts.next().map_or(Value::Null, number);
            told["worker"] = parts.next().map(worker_name).into();
            told["startedAt"] = parts.next().map_or(Value::Null, number);
        }
        _ => {}
    }
}

fn mark_of(entry: &[Word]) -> String {
    entry[1..].iter().map(Word::text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(place: &str, job: &str, organization: &str) -> [Word; 7] {
        let detail = format!("attempt=2 member={job}:7:w%3A1~s:1000 delay=5");
        [place, "retrying", job, "mail", organization, "1234", &*detail].map(Word::from)
    }

    fn page(end: &str, entries: &[[Word; 7]]) -> Vec<Word> {
        let heads = ["2000", end].map(Word::from);
        heads.into_iter().chain(entries.iter().flatten().cloned()).collect()
    }

    fn told(listening: &mut Listening) -> Vec<String> {
        let Some(text) = listening.take_told() else { return Vec::new() };
        let events: Vec<Value> = serde_json::from_str(&text).unwrap();
        let name =
            |event: &Value| format!("{} {}", event["event"].as_str().unwrap(), event["id"].as_str().unwrap());
        events.iter().map(name).collect()
    }

    #[test]
    fn an_event_tells_whose_it_is_and_what_became_of_it() {
        let mut all = Listening::new(Place::read("5-0"), None);
        assert_eq!(all.take(&page("5-1", &[entry("5-1", "j1", "a%2Fb")]), 10), Some(false));
        let events: Value = serde_json::from_str(&all.take_told().unwrap()).unwrap();
        assert_eq!(
            events[0],
            json!({
                "id": "5-1", "event": "retrying", "jobId": "j1", "type": "mail", "orgId": "a/b", "at": 1234, "attempt": 2,
                "fence": 7, "worker": "w:1", "startedAt": 1000, "delayMs": 5,
            })
        );
    }

    #[test]
    fn a_reader_hears_of_a_gap_wherever_events_may_be_missing_and_nowhere_else() {
        let two = [entry("5-1", "j1", ""), entry("5-2", "j2", "")];
        let mut reader = Listening::new(Place::read("5-0"), None);
        reader.take(&page("5-2", &two), 10);
        assert_eq!(told(&mut reader), ["retrying 5-1", "retrying 5-2"]);
        reader.take(&page("5-2", &two[1..]), 10);
        assert!(told(&mut reader).is_empty());
        // The place itself is trimmed, the event behind it is there.
        reader.take(&page("5-3", &[entry("5-3", "j3", "")]), 10);
        assert_eq!(told(&mut reader), ["retrying 5-3"]);
        reader.take(&page("5-9", &[entry("5-9", "j9", "")]), 10);
        assert_eq!(told(&mut reader), ["gap 5-8", "retrying 5-9"]);
        // Another server has another event with this number.
        reader.take(&page("5-9", &[entry("5-9", "other", "")]), 10);
        assert_eq!(told(&mut reader), ["gap 5-9"]);
        // Nobody listened for a while.
        reader.take(&page("8-0", &[]), 10);
        assert_eq!((told(&mut reader), reader.from()), (vec!["gap 8-0".to_owned()], "8-0".to_owned()));
        reader.take(&page("8-1", &[entry("8-1", "j10", "")]), 10);
        assert_eq!(told(&mut reader), ["retrying 8-1"]);
    }

    #[test]
    fn a_full_page_is_no_gap_and_a_bound_reader_hears_its_own() {
        let mut reader = Listening::new(None, Some(Some("acme".to_owned())));
        assert_eq!((reader.from().as_str(), reader.take(&page("5-0", &[]), 1)), ("", Some(true)));
        let entries = [entry("5-1", "j1", "acme"), entry("5-2", "j2", "other")];
        assert_eq!(reader.take(&page("5-9", &entries), 1), Some(true));
        assert_eq!(told(&mut reader), ["retrying 5-1"]);
        assert_eq!(reader.from(), "5-2");
    }

    #[test]
    fn places_are_two_numbers() {
        assert_eq!(Place::read("12-3").map(Place::text), Some("12-3".to_owned()));
        for wrong in ["", "5", "5-", "-5", "a-1", "1-b", "+1-2", "1234567890123456-1", "$"] {
            assert_eq!(Place::read(wrong), None, "{wrong}");
        }
    }
}
