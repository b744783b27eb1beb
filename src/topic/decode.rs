//! From verbs and arguments to calls of topics.

use super::keys::Whose;
use super::options::TopicOptions;
use super::position::Position;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Asked, CallArguments, misuse};

/// The verbs' names. Both have what they are about in the detail.
pub(super) const VERBS: &[&str] = &["say", "ask"];

/// What native code says at once.
pub(super) const SAYINGS: [&str; 4] = ["normalize", "open", "close", "channel"];
/// What the store is asked.
pub(super) const STEPS: [&str; 3] = ["publish", "after", "before"];

/// One call of JavaScript.
#[derive(Debug)]
pub enum Call<'a> {
    /// Checks options and fills in what was left out.
    Normalize(Box<TopicOptions>),
    Open(Box<TopicOptions>),
    Close {
        room: usize,
    },
    /// The name of a channel.
    Channel {
        room: usize,
        at: Place<'a>,
    },
    Ask {
        room: usize,
        at: Place<'a>,
        step: Step<'a>,
    },
}

/// One topic of a room, and whose.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// By its position among the room's topics.
    pub topic: usize,
    pub whose: Whose<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Publish {
        /// JSON.
        message: &'a [u8],
        id: Option<&'a [u8]>,
        /// Whether it waits in the journal where Redis is away.
        is_journalled: bool,
    },
    After {
        position: Position,
        limit: usize,
    },
    /// `None`: the latest.
    Before {
        position: Option<Position>,
        limit: usize,
    },
}

/// The call with these arguments.
pub(super) fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let detail = usize::from(asked.detail);
    match VERBS.get(usize::from(asked.verb)).copied() {
        Some("say") => saying(SAYINGS.get(detail).copied().unwrap_or_default(), arguments),
        Some("ask") => step(STEPS.get(detail).copied().unwrap_or_default(), arguments),
        _ => Err(misuse("the bridge was given an unknown verb")),
    }
}

fn saying<'a>(name: &str, arguments: &'a mut CallArguments) -> Result<Call<'a>> {
    let options = |arguments: &CallArguments| -> Result<Box<TopicOptions>> {
        TopicOptions::from_json(arguments.required(0, "the options")?).map(Box::new)
    };
    match name {
        "normalize" => Ok(Call::Normalize(options(arguments)?)),
        "open" => Ok(Call::Open(options(arguments)?)),
        "close" => Ok(Call::Close { room: number(arguments, 0)? }),
        "channel" => {
            arguments.numbers_to_text(2..4);
            Ok(Call::Channel { room: number(arguments, 0)?, at: place(arguments)? })
        }
        _ => Err(misuse("the bridge was given an unknown verb")),
    }
}

fn step<'a>(name: &str, arguments: &'a mut CallArguments) -> Result<Call<'a>> {
    arguments.numbers_to_text(2..4);
    let arguments = &*arguments;
    let (room, at) = (number(arguments, 0)?, place(arguments)?);
    let given = |position| arguments.is_given(position).then(|| arguments.bytes(position));
    let limit = || arguments.number(5).unwrap_or_default() as usize;
    let step = match name {
        "publish" => Step::Publish {
            message: arguments.bytes(4),
            id: given(5),
            is_journalled: arguments.number(6).is_some_and(|number| number != 0.0),
        },
        "after" => Step::After { position: position(arguments.bytes(4))?, limit: limit() },
        "before" => Step::Before { position: given(4).map(position).transpose()?, limit: limit() },
        _ => return Err(misuse("the bridge was given an unknown verb")),
    };
    Ok(Call::Ask { room, at, step })
}

fn number(arguments: &CallArguments, at: usize) -> Result<usize> {
    arguments.number(at).map(|number| number as usize).ok_or_else(|| misuse("a call names no room of topics"))
}

/// Topic, organization and user.
fn place(arguments: &CallArguments) -> Result<Place<'_>> {
    let topic = number(arguments, 1)?;
    Ok(Place { topic, whose: Whose { organization: arguments.text(2)?, user: arguments.text(3)? } })
}

fn position(text: &[u8]) -> Result<Position> {
    Position::parse(text).ok_or_else(|| {
        Error::new(ErrorCode::Key, "after is no id of a message; give the id of one, or leave it out")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Given<'a> {
        Number(f64),
        Text(&'a str),
        Absent,
    }
    use Given::{Absent, Number, Text};

    fn given(values: &[Given<'_>]) -> CallArguments {
        let mut arguments = CallArguments::default();
        for value in values {
            match value {
                Number(number) => arguments.push_number(*number),
                Absent => arguments.push_absent(),
                Text(text) => {
                    let from = arguments.buffer().len();
                    arguments.buffer().extend_from_slice(text.as_bytes());
                    arguments.push_bytes(from);
                }
            }
        }
        arguments
    }

    fn ask(name: &str) -> Asked {
        let detail = STEPS.iter().position(|known| *known == name).unwrap() as u8;
        Asked { verb: 1, flags: 0, detail }
    }

    #[test]
    fn a_step_is_decoded_as_it_says() {
        let mut arguments =
            given(&[Number(2.0), Number(1.0), Number(7.0), Absent, Text("{}"), Text("x"), Number(1.0)]);
        let call = decode(ask("publish"), &mut arguments).unwrap();
        let Call::Ask {
            room: 2,
            at,
            step: Step::Publish { message: b"{}", id: Some(b"x"), is_journalled: true },
        } = call
        else {
            panic!("{call:?}");
        };
        assert_eq!((at.topic, at.whose), (1, Whose { organization: Some("7"), user: None }));
        let mut arguments = given(&[Number(0.0), Number(0.0), Absent, Text("u"), Text("5-6"), Number(9.0)]);
        let call = decode(ask("after"), &mut arguments).unwrap();
        assert!(
            matches!(
                call,
                Call::Ask { step: Step::After { position: Position { ms: 5, number: 6 }, limit: 9 }, .. }
            ),
            "{call:?}"
        );
        let mut arguments = given(&[Number(0.0), Number(0.0), Absent, Absent, Absent, Number(9.0)]);
        let call = decode(ask("before"), &mut arguments).unwrap();
        assert!(
            matches!(call, Call::Ask { step: Step::Before { position: None, limit: 9 }, .. }),
            "{call:?}"
        );
    }

    #[test]
    fn what_is_no_id_and_what_is_no_call_are_refused() {
        for name in ["after", "before"] {
            let mut arguments = given(&[Number(0.0), Number(0.0), Absent, Absent, Text("5"), Number(9.0)]);
            assert_eq!(decode(ask(name), &mut arguments).unwrap_err().code(), ErrorCode::Key);
        }
        for asked in [Asked { verb: 2, flags: 0, detail: 0 }, Asked { verb: 1, flags: 0, detail: 99 }] {
            assert!(decode(asked, &mut given(&[Number(0.0), Number(0.0)])).is_err());
        }
        assert!(decode(Asked { verb: 0, flags: 0, detail: 99 }, &mut given(&[])).is_err());
    }
}
