//! One room of topics that JavaScript has made.

use super::decode::{Place, Step};
use super::keys::{TopicKeys, push_id_key};
use super::options::{Retention, Topic, TopicOptions};
use super::requests::{Message, append_after, append_before, append_publish, append_tell, kept_publish};
use super::ticket::{Kept, Purpose};
use crate::error::{Error, ErrorCode, Result};
use crate::key::push_escaped;
use crate::redis::misuse;

/// Longer ids come from a mistake: each is hashed.
const MAX_ID_BYTES: usize = 1024;

#[derive(Debug)]
pub struct Open {
    options: TopicOptions,
    keys: TopicKeys,
    /// Whether channels belong to slots.
    is_clustered: bool,
}

impl std::fmt::Debug for TopicKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TopicKeys")
    }
}

impl Open {
    pub fn new(options: TopicOptions, keys: TopicKeys, is_clustered: bool) -> Open {
        Open { options, keys, is_clustered }
    }

    fn topic(&self, at: &Place<'_>) -> Result<&Topic> {
        self.options.topics.get(at.topic).ok_or_else(|| misuse("a call names no topic of its room"))
    }

    /// Appends the key of the stream that a call is about.
    ///
    /// # Errors
    /// `E_KEY`: the organization or the user cannot be.
    pub fn stream(&self, at: &Place<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.keys.stream(out, &self.topic(at)?.name, at.whose)
    }

    /// The name of the channel that a call is about.
    ///
    /// # Errors
    /// As for `stream`.
    pub fn channel(&self, at: &Place<'_>) -> Result<Vec<u8>> {
        let (mut stream, mut channel) = (Vec::new(), Vec::new());
        self.stream(at, &mut stream)?;
        self.keys.channel(&mut channel, &stream);
        Ok(channel)
    }

    /// Appends the request of a step. After an error nothing that was appended counts.
    ///
    /// # Errors
    /// `E_KEY`, `E_VALUE_TOO_LARGE`, `E_ARGUMENT`: what was given cannot be.
    pub fn plan(&self, at: &Place<'_>, step: &Step<'_>, out: &mut Vec<u8>) -> Result<Purpose> {
        let retention = self.topic(at)?.retention;
        let mut stream = Vec::new();
        self.stream(at, &mut stream)?;
        match (step, retention) {
            (Step::Publish { message, id, is_journalled }, retention) => {
                self.check_size(message)?;
                let mut channel = Vec::new();
                self.keys.channel(&mut channel, &stream);
                let Some(retention) = retention else {
                    if id.is_some() || *is_journalled {
                        return Err(keeps_nothing("id and journal have"));
                    }
                    append_tell(&channel, message, self.is_clustered, out);
                    return Ok(Purpose::Tell);
                };
                self.plan_publish(at, (&stream, &channel), (message, *id), (retention, *is_journalled), out)
            }
            (_, None) => Err(keeps_nothing("after and history have")),
            (Step::After { position, limit }, Some(_)) => {
                append_after(&stream, *position, *limit, out);
                Ok(Purpose::Read)
            }
            (Step::Before { position, limit }, Some(_)) => {
                append_before(&stream, *position, *limit, out);
                Ok(Purpose::Read)
            }
        }
    }

    fn plan_publish(
        &self,
        at: &Place<'_>,
        (stream, channel): (&[u8], &[u8]),
        (text, id): (&[u8], Option<&[u8]>),
        (retention, is_journalled): (Retention, bool),
        out: &mut Vec<u8>,
    ) -> Result<Purpose> {
        if id.is_some_and(|id| id.is_empty() || id.len() > MAX_ID_BYTES) {
            let what = format!("id is empty or too long; give a string of 1 to {MAX_ID_BYTES} bytes");
            return Err(Error::new(ErrorCode::Key, what));
        }
        let mut id_key = Vec::new();
        if let Some(id) = id {
            push_id_key(&mut id_key, stream, id);
        }
        let id_key = id.is_some().then_some(id_key.as_slice());
        let message = Message { stream, id_key, channel, text, retention, is_sharded: self.is_clustered };
        append_publish(&message, out);
        let keep = is_journalled && id.is_some();
        let kept = keep.then(|| {
            Box::new(Kept {
                name: self.name_to_keep(at, stream, id.unwrap_or_default()),
                request: kept_publish(&message),
                life: std::time::Duration::from_secs(retention.retain_seconds),
            })
        });
        Ok(Purpose::Publish { kept })
    }

    /// The name of a message in the journal. The braces are those of its keys, and show the organization.
    fn name_to_keep(&self, at: &Place<'_>, stream: &[u8], id: &[u8]) -> Vec<u8> {
        let mut name = vec![b'{'];
        let topic = self.options.topics.get(at.topic).map_or("", |topic| &topic.name);
        push_escaped(&mut name, at.whose.organization.or(at.whose.user).unwrap_or(topic));
        name.extend_from_slice(if at.whose.organization.is_some() { b"}:!topic:" } else { b"}:!global:" });
        let mut own = Vec::new();
        push_id_key(&mut own, stream, id);
        name.extend_from_slice(&own);
        name
    }

    fn check_size(&self, message: &[u8]) -> Result<()> {
        let most = self.options.max_bytes;
        if message.len() <= most {
            return Ok(());
        }
        let what = format!("the message has {} bytes as JSON; maxBytes allows {most}", message.len());
        Err(Error::new(ErrorCode::ValueTooLarge, what))
    }
}

fn keeps_nothing(what: &str) -> Error {
    let what = format!("{what} no effect on a topic that keeps no messages; give the topic replay");
    Error::new(ErrorCode::Argument, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::slot_of;
    use crate::topic::keys::Whose;

    fn open(is_clustered: bool) -> Open {
        let text = r#"{"topics":{"kept":{"replay":5},"live":{}},"maxBytes":8}"#;
        Open::new(TopicOptions::from_json(text).unwrap(), TopicKeys::new("p:", 0), is_clustered)
    }

    fn at(topic: usize) -> Place<'static> {
        Place { topic, whose: Whose { organization: Some("o"), user: None } }
    }

    fn publish(id: Option<&[u8]>, is_journalled: bool) -> Step<'_> {
        Step::Publish { message: b"{}", id, is_journalled }
    }

    #[test]
    fn a_message_that_the_journal_keeps_has_a_name_in_the_slot_of_its_keys() {
        let mut out = Vec::new();
        let purpose = open(false).plan(&at(0), &publish(Some(b"x"), true), &mut out).unwrap();
        let Purpose::Publish { kept: Some(kept) } = purpose else { panic!("{purpose:?}") };
        assert!(kept.name.starts_with(b"{o}:!topic:p:!topic:kept:{o}:!id:"));
        assert_eq!(slot_of(&kept.name), slot_of(b"p:!topic:kept:{o}"));
        for (id, is_journalled) in [(None, true), (Some(&b"x"[..]), false)] {
            let purpose = open(false).plan(&at(0), &publish(id, is_journalled), &mut out).unwrap();
            assert!(matches!(purpose, Purpose::Publish { kept: None }), "{purpose:?}");
        }
    }

    #[test]
    fn what_has_no_effect_is_refused() {
        let mut out = Vec::new();
        for step in
            [publish(Some(b"x"), false), publish(None, true), Step::Before { position: None, limit: 1 }]
        {
            let error = open(false).plan(&at(1), &step, &mut out).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Argument);
        }
        let long = [b'x'; MAX_ID_BYTES + 1];
        for id in [&b""[..], &long] {
            let error = open(false).plan(&at(0), &publish(Some(id), false), &mut out).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Key);
        }
        let large = Step::Publish { message: b"123456789", id: None, is_journalled: false };
        for topic in [0, 1] {
            let error = open(false).plan(&at(topic), &large, &mut out).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueTooLarge);
        }
        assert!(out.is_empty());
        assert!(open(false).plan(&at(2), &publish(None, false), &mut out).is_err());
    }

    #[test]
    fn channels_are_sharded_in_a_cluster_alone() {
        for (is_clustered, expected) in [(true, "SPUBLISH"), (false, "\nPUBLISH")] {
            let mut out = Vec::new();
            open(is_clustered).plan(&at(1), &publish(None, false), &mut out).unwrap();
            assert!(String::from_utf8_lossy(&out).contains(expected));
        }
        assert_eq!(open(true).channel(&at(1)).unwrap(), b"p:!topic:live:{o}");
    }
}
