//! From verbs and arguments to calls of sessions.

use super::keys::{DIRECTORIES, Directory};
use super::options::SessionOptions;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Asked, CallArguments, misuse};

/// The verbs' names. `say` and `ask` have what they are about in the detail.
pub(super) const VERBS: &[&str] = &["normalize", "open", "close", "say", "ask"];

/// What native code says at once.
pub(super) const SAYINGS: [&str; 8] =
    ["stats", "mint", "csrf", "verifyCsrf", "reference", "isOf", "erased", "endings"];
/// What the store is asked.
pub(super) const STEPS: [&str; 13] = [
    "get",
    "create",
    "update",
    "rotate",
    "touch",
    "destroy",
    "revoke",
    "revokeTag",
    "list",
    "enter",
    "page",
    "extend",
    "countTag",
];

/// Where the sessions of a call that creates some begin in its arguments, and how many each has.
const FIRST_CREATED: usize = 2;
const WORDS_A_CREATED: usize = 10;

/// Longer names come from a caller's mistake, and each costs a hash over it.
const MAX_NAME_BYTES: usize = 1024;

/// One call of JavaScript.
#[derive(Debug)]
pub enum Call<'a> {
    /// Checks options and fills in what was left out.
    Normalize(Box<SessionOptions>),
    Open(Box<SessionOptions>),
    Close {
        room: usize,
    },
    Say {
        room: usize,
        saying: Saying<'a>,
    },
    Ask {
        room: usize,
        step: Step<'a>,
    },
}

/// Ids are bytes here: what is no id is no error.
#[derive(Debug)]
pub enum Saying<'a> {
    Stats,
    /// A new id of a user, or of nobody.
    Mint {
        user: Option<User<'a>>,
    },
    Csrf {
        id: &'a [u8],
    },
    VerifyCsrf {
        id: &'a [u8],
        token: &'a [u8],
    },
    Reference {
        id: &'a [u8],
    },
    IsOf {
        id: &'a [u8],
        user: User<'a>,
    },
    /// Users were erased: their tags, with blanks between them, and the directory that had them.
    Erased {
        directory: &'a [u8],
        tags: &'a [u8],
    },
    /// The name of the channel that tells of ends.
    Endings,
}

#[derive(Debug, Clone, Copy)]
pub struct User<'a> {
    pub id: &'a str,
    pub organization: Option<&'a str>,
}

#[derive(Debug)]
pub enum Step<'a> {
    Get {
        id: &'a [u8],
        fingerprint: Option<&'a [u8]>,
        touches: bool,
    },
    /// Sessions of one tick. One that cannot be is an error of its own.
    Create {
        /// Their users enter the directories in the same step.
        enters: bool,
        sessions: Vec<Result<Created<'a>>>,
    },
    Update {
        id: &'a [u8],
        version: i64,
        data: &'a [u8],
    },
    Rotate {
        id: &'a [u8],
        data: Option<&'a [u8]>,
        is_authenticated: bool,
        grace: Option<f64>,
    },
    Touch {
        id: &'a [u8],
    },
    /// Ids or refs, of one tick.
    Destroy {
        names: Vec<&'a [u8]>,
    },
    Revoke {
        user: User<'a>,
        except: Option<&'a [u8]>,
    },
    /// As a page of a directory names a user. The call is so many ms old.
    RevokeTag {
        tag: &'a [u8],
        age_ms: f64,
    },
    List {
        user: User<'a>,
        cursor: &'a [u8],
        has_data: bool,
    },
    /// Enters the user of an id, who is of this organization, into a directory; without an id counts its entries.
    Enter {
        directory: Place<'a>,
        id: &'a [u8],
        life: Option<f64>,
        organization: Option<&'a str>,
    },
    Page {
        directory: Place<'a>,
        cursor: &'a [u8],
    },
    /// Gives the session another length from now on.
    Extend {
        id: &'a [u8],
        life: Option<f64>,
        idle: Option<f64>,
    },
    /// Counts the sessions of a user that a page of a directory names.
    CountTag {
        tag: &'a [u8],
        drops: bool,
    },
}

#[derive(Debug)]
pub struct Created<'a> {
    /// Empty where it is to be made.
    pub id: &'a [u8],
    pub user: Option<User<'a>>,
    pub data: &'a [u8],
    pub user_agent: Option<&'a [u8]>,
    pub ip: Option<&'a [u8]>,
    pub fingerprint: Option<&'a [u8]>,
    /// A fingerprint that was sealed before.
    pub sealed: Option<&'a [u8]>,
    pub idle: Option<f64>,
    pub life: Option<f64>,
}

/// A directory as a caller names it.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// The one that the user of the call's id belongs to.
    OfUser,
    All(u8),
    Organization(&'a str),
}

impl Step<'_> {
    /// The organization that gets something by it. Sessions that are created are looked at one by one.
    pub fn written_organization(&self) -> Option<&str> {
        match self {
            Step::Enter { organization, .. } => *organization,
            _ => None,
        }
    }
}

impl Place<'_> {
    pub fn known(&self) -> Option<Directory> {
        match self {
            Place::OfUser => None,
            Place::All(number) => Some(Directory::All(*number)),
            Place::Organization(name) => Some(Directory::Organization(super::id::organization_tag(name))),
        }
    }
}

/// The call with these arguments.
pub(super) fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let detail = usize::from(asked.detail);
    match VERBS.get(usize::from(asked.verb)).copied() {
        Some("normalize") => Ok(Call::Normalize(options(arguments)?)),
        Some("open") => Ok(Call::Open(options(arguments)?)),
        Some("close") => Ok(Call::Close { room: position(arguments, 0)? }),
        Some("say") => saying(SAYINGS.get(detail).copied().unwrap_or_default(), arguments),
        Some("ask") => step(STEPS.get(detail).copied().unwrap_or_default(), arguments),
        _ => Err(misuse("the bridge was given an unknown verb")),
    }
}

fn options(arguments: &CallArguments) -> Result<Box<SessionOptions>> {
    SessionOptions::from_json(arguments.required(0, "the options")?).map(Box::new)
}

fn position(arguments: &CallArguments, at: usize) -> Result<usize> {
    arguments
        .number(at)
        .map(|number| number as usize)
        .ok_or_else(|| misuse("a call names no room of sessions"))
}

fn saying<'a>(name: &str, arguments: &'a mut CallArguments) -> Result<Call<'a>> {
    let users_at = match name {
        "mint" => Some(1),
        "isOf" => Some(2),
        _ => None,
    };
    if let Some(at) = users_at {
        arguments.numbers_to_text(at..at + 2);
    }
    let arguments = &*arguments;
    let (room, id) = (position(arguments, 0)?, arguments.bytes(1));
    let saying = match name {
        "stats" => Saying::Stats,
        "mint" => Saying::Mint { user: user(arguments, 1)? },
        "csrf" => Saying::Csrf { id },
        "verifyCsrf" => Saying::VerifyCsrf { id, token: arguments.bytes(2) },
        "reference" => Saying::Reference { id },
        "isOf" => Saying::IsOf { id, user: required_user(arguments, 2)? },
        "erased" => Saying::Erased { directory: id, tags: arguments.bytes(2) },
        "endings" => Saying::Endings,
        _ => return Err(misuse("the bridge was given an unknown verb")),
    };
    Ok(Call::Say { room, saying })
}

fn step<'a>(name: &str, arguments: &'a mut CallArguments) -> Result<Call<'a>> {
    match name {
        "create" => (FIRST_CREATED..arguments.count())
            .step_by(WORDS_A_CREATED)
            .for_each(|at| arguments.numbers_to_text(at + 1..at + 3)),
        "revoke" | "list" => arguments.numbers_to_text(1..3),
        _ => {}
    }
    let arguments = &*arguments;
    let (room, id) = (position(arguments, 0)?, arguments.bytes(1));
    let is_on = |at| arguments.number(at).is_some_and(|number| number != 0.0);
    let step = match name {
        "get" => Step::Get { id, fingerprint: given(arguments, 2), touches: is_on(3) },
        "create" => Step::Create { enters: is_on(1), sessions: created(arguments) },
        "update" => Step::Update {
            id,
            version: arguments.number(2).unwrap_or_default() as i64,
            data: arguments.bytes(3),
        },
        "rotate" => Step::Rotate {
            id,
            data: given(arguments, 2),
            is_authenticated: is_on(3),
            grace: arguments.number(4),
        },
        "touch" => Step::Touch { id },
        "destroy" => Step::Destroy { names: (1..arguments.count()).map(|at| arguments.bytes(at)).collect() },
        "revoke" => Step::Revoke { user: required_user(arguments, 1)?, except: given(arguments, 3) },
        "revokeTag" => Step::RevokeTag { tag: id, age_ms: arguments.number(2).unwrap_or_default() },
        "list" => {
            Step::List { user: required_user(arguments, 1)?, cursor: arguments.bytes(3), has_data: is_on(4) }
        }
        "enter" => Step::Enter {
            directory: place(arguments, 2)?,
            id,
            life: arguments.number(3),
            organization: arguments.text(4)?,
        },
        "page" => Step::Page { directory: place(arguments, 1)?, cursor: arguments.bytes(2) },
        "extend" => Step::Extend { id, life: arguments.number(2), idle: arguments.number(3) },
        "countTag" => Step::CountTag { tag: id, drops: is_on(2) },
        _ => return Err(misuse("the bridge was given an unknown verb")),
    };
    Ok(Call::Ask { room, step })
}

/// The sessions of a call that creates some.
fn created(arguments: &CallArguments) -> Vec<Result<Created<'_>>> {
    let ends = arguments.count();
    (FIRST_CREATED..ends)
        .step_by(WORDS_A_CREATED)
        .map(|at| {
            Ok(Created {
                id: arguments.bytes(at),
                user: user(arguments, at + 1)?,
                data: arguments.bytes(at + 3),
                user_agent: given(arguments, at + 4),
                ip: given(arguments, at + 5),
                fingerprint: given(arguments, at + 6),
                sealed: given(arguments, at + 7),
                idle: arguments.number(at + 8),
                life: arguments.number(at + 9),
            })
        })
        .collect()
}

/// A number names a directory of all users, a text an organization; without either it is the user's.
fn place(arguments: &CallArguments, at: usize) -> Result<Place<'_>> {
    if let Some(number) = arguments.number(at) {
        return Ok(Place::All(number as u8 % DIRECTORIES));
    }
    let Some(name) = arguments.text(at)? else { return Ok(Place::OfUser) };
    check_name(name, "the organization")?;
    Ok(Place::Organization(name))
}

/// Bytes that the caller gave; an empty text too.
fn given(arguments: &CallArguments, at: usize) -> Option<&[u8]> {
    arguments.is_given(at).then(|| arguments.bytes(at))
}

fn user(arguments: &CallArguments, at: usize) -> Result<Option<User<'_>>> {
    let organization = arguments.text(at + 1)?;
    if let Some(name) = organization {
        check_name(name, "the organization")?;
    }
    let Some(id) = arguments.text(at)? else { return Ok(None) };
    check_name(id, "the user")?;
    Ok(Some(User { id, organization }))
}

fn required_user(arguments: &CallArguments, at: usize) -> Result<User<'_>> {
    user(arguments, at)?.ok_or_else(|| Error::new(ErrorCode::Key, "the user is missing; give a string"))
}

fn check_name(name: &str, what: &str) -> Result<()> {
    if (1..=MAX_NAME_BYTES).contains(&name.len()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Key,
        format!("{what} is empty or too long; give a string of 1 to {MAX_NAME_BYTES} bytes"),
    ))
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

    fn asked(verb: &str, list: &[&str], name: &str) -> Asked {
        let verb = VERBS.iter().position(|known| *known == verb).unwrap() as u8;
        let detail = list.iter().position(|known| *known == name).unwrap() as u8;
        Asked { verb, flags: 0, detail }
    }

    #[test]
    fn every_name_is_decoded_as_it_says() {
        for name in STEPS {
            let mut arguments = given(&[Number(0.0), Text("a"), Text("b"), Text("c"), Number(1.0)]);
            let Call::Ask { step, .. } = decode(asked("ask", &STEPS, name), &mut arguments).unwrap() else {
                panic!("{name} asks nothing");
            };
            let shown = format!("{step:?}").to_lowercase();
            assert!(shown.starts_with(&name.to_lowercase()), "{name} is {shown}");
        }
        for name in SAYINGS {
            let mut arguments = given(&[Number(0.0), Text("a"), Text("b"), Text("c")]);
            let Call::Say { saying, .. } = decode(asked("say", &SAYINGS, name), &mut arguments).unwrap()
            else {
                panic!("{name} says nothing");
            };
            let shown = format!("{saying:?}").to_lowercase();
            assert!(shown.starts_with(&name.to_lowercase()), "{name} is {shown}");
        }
        assert!(decode(Asked { verb: VERBS.len() as u8, flags: 0, detail: 0 }, &mut given(&[])).is_err());
        assert!(decode(Asked { verb: 4, flags: 0, detail: 99 }, &mut given(&[Number(0.0)])).is_err());
    }

    #[test]
    fn a_user_and_an_organization_have_names() {
        let mint = |user: Given<'_>, organization: Given<'_>| {
            let mut arguments = given(&[Number(0.0), user, organization]);
            decode(asked("say", &SAYINGS, "mint"), &mut arguments).map(|call| format!("{call:?}"))
        };
        assert!(mint(Absent, Absent).unwrap().contains("user: None"));
        assert!(mint(Number(7.0), Absent).unwrap().contains("id: \"7\""));
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for (user, organization) in
            [(Text(""), Absent), (Text("u"), Text("")), (Text(&long), Absent), (Text("u"), Text(&long))]
        {
            assert_eq!(mint(user, organization).unwrap_err().code(), ErrorCode::Key);
        }
        let mut nobody = given(&[Number(0.0), Absent, Absent]);
        assert_eq!(decode(asked("ask", &STEPS, "list"), &mut nobody).unwrap_err().code(), ErrorCode::Key);
    }
}
