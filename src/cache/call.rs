//! What crosses into this room and out of it.

use std::borrow::Cow;

use super::redirect::Redirected;
use crate::error::{Error, Result};
use crate::key::{Keys, Kind};

/// Where a value lives, in the caller's terms.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    Conversation {
        kind: Kind,
        organization: Option<&'a str>,
        phone: &'a str,
    },
    Organization {
        organization: &'a str,
    },
    PhoneToLead {
        phone: &'a str,
    },
    Single {
        kind: Kind,
        id: &'a str,
    },
    Pair {
        kind: Kind,
        id: &'a str,
        phone: &'a str,
    },
    /// A key that the caller named, in an organization or in none.
    Managed {
        name: &'a str,
        organization: Option<&'a str>,
    },
}

impl Place<'_> {
    /// `None` where the caller named the key.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Place::Conversation { kind, .. } | Place::Single { kind, .. } | Place::Pair { kind, .. } => {
                Some(*kind)
            }
            Place::Organization { .. } => Some(Kind::Organization),
            Place::PhoneToLead { .. } => Some(Kind::PhoneToLead),
            Place::Managed { .. } => None,
        }
    }

    /// Appends the key.
    pub fn append_key(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<()> {
        match *self {
            Place::Conversation { kind, organization, phone } => {
                keys.conversation(out, kind, organization, phone)
            }
            Place::Organization { organization } => keys.organization(out, organization),
            Place::PhoneToLead { phone } => keys.phone_to_lead(out, phone),
            Place::Single { kind, id } => keys.single(out, kind, id),
            Place::Pair { kind, id, phone } => keys.pair(out, kind, id, phone),
            Place::Managed { name, organization } => keys.managed(out, name, organization, None),
        }
    }

    /// Appends the key of the index that finds this place again; false where the value belongs
    /// to no organization.
    pub fn append_index(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<bool> {
        let organization = match *self {
            Place::Conversation { organization, .. } | Place::Managed { organization, .. } => organization,
            Place::Organization { organization } => Some(organization),
            Place::PhoneToLead { .. } | Place::Single { .. } | Place::Pair { .. } => return Ok(false),
        };
        keys.organization_index(out, organization)?;
        Ok(true)
    }
}

/// One call of a caller.
#[derive(Debug)]
pub enum Call<'a> {
    /// A command as it is, its name first.
    Command {
        arguments: &'a [&'a [u8]],
        style: Style,
    },
    /// Commands that run together or not at all, without MULTI and EXEC.
    Transaction {
        commands: &'a [&'a [&'a [u8]]],
        style: Style,
    },
    Get {
        place: Place<'a>,
    },
    /// `ttl_seconds` is positive; `None` means the default.
    Set {
        place: Place<'a>,
        json: &'a [u8],
        ttl_seconds: Option<f64>,
    },
    Delete {
        place: Place<'a>,
    },
    /// Both directions in one step. The JSON texts are the values to store.
    MapLead {
        phone: &'a str,
        lead: &'a str,
        phone_json: &'a [u8],
        lead_json: &'a [u8],
    },
    HashGet {
        place: Place<'a>,
        field: &'a [u8],
    },
    HashSet {
        place: Place<'a>,
        field: &'a [u8],
        json: &'a [u8],
        ttl_seconds: Option<f64>,
    },
    HashDelete {
        place: Place<'a>,
        field: &'a [u8],
    },
    HashEntries {
        place: Place<'a>,
    },
    ClearOrganization {
        organization: Option<&'a str>,
    },
    /// A write that Redis itself must have: where it has not, the outcome is false. Its caller keeps the value
    /// elsewhere.
    Acknowledged {
        write: &'a Call<'a>,
        unacknowledged: Unacknowledged,
    },
}

/// The fate of a write that Redis did not take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unacknowledged {
    /// The journal keeps it until Redis is back.
    #[default]
    Journal,
    /// It is refused, and no older value of the key is answered any more: the caller keeps the newest one.
    Refuse,
    /// Memory answers it while Redis is away, and forgets it then: Redis may have something newer than this copy.
    Remember,
}

impl Call<'_> {
    /// A call of the raw client: memory cannot answer it.
    pub fn is_raw(&self) -> bool {
        matches!(self, Call::Command { .. } | Call::Transaction { .. })
    }
}

/// How a raw command is sent, and how its reply is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Texts of the reply come as bytes.
    pub as_buffers: bool,
    /// The client's prefix goes in front of every key.
    pub is_prefixed: bool,
    /// The reply is given as RESP2 has it: no objects.
    pub is_flat: bool,
    /// Numbers of the reply come as texts.
    pub numbers_as_texts: bool,
}

/// How the reply of a raw command is given to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub layout: Layout,
    /// Texts come as bytes.
    pub as_buffers: bool,
    /// Numbers come as texts.
    pub numbers_as_texts: bool,
    /// The server's errors come in all their words, which may quote arguments.
    pub is_verbatim: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Texts, numbers, arrays and null, as RESP2 has them.
    Plain,
    /// The pairs of a flat array or a map become an object.
    Object,
    /// Pairs that RESP3 nests become one flat list, as RESP2 has them.
    FlatPairs,
    /// A map becomes a list of pairs, as RESP2 has them.
    PairList,
}

impl Shape {
    pub const PLAIN: Shape =
        Shape { layout: Layout::Plain, as_buffers: false, numbers_as_texts: false, is_verbatim: false };
    pub const BUFFERS: Shape = Shape { as_buffers: true, ..Shape::PLAIN };

    pub fn of(name: &[u8], style: Style) -> Shape {
        let layout = match Layout::of(name) {
            Layout::Object if style.is_flat => Layout::Plain,
            layout => layout,
        };
        let Style { as_buffers, numbers_as_texts, .. } = style;
        Shape { layout, as_buffers, numbers_as_texts, is_verbatim: false }
    }
}

impl Layout {
    /// The layout in which users of RESP2 know the reply of a command. Where the protocols differ
    /// is told by the `resp3` notes of <https://redis.io/docs/latest/commands/>.
    fn of(name: &[u8]) -> Layout {
        const FLAT_PAIRS: [&str; 11] = [
            "ZRANGE",
            "ZREVRANGE",
            "ZRANGEBYSCORE",
            "ZREVRANGEBYSCORE",
            "ZUNION",
            "ZINTER",
            "ZDIFF",
            "ZRANDMEMBER",
            "ZPOPMIN",
            "ZPOPMAX",
            "HRANDFIELD",
        ];
        let is = |command: &str| name.eq_ignore_ascii_case(command.as_bytes());
        match name.first() {
            Some(b'H' | b'h' | b'X' | b'x' | b'Z' | b'z') => {}
            _ => return Layout::Plain,
        }
        if is("HGETALL") {
            Layout::Object
        } else if is("XREAD") || is("XREADGROUP") {
            Layout::PairList
        } else if FLAT_PAIRS.into_iter().any(is) {
            Layout::FlatPairs
        } else {
            Layout::Plain
        }
    }
}

/// What a call came to. Exactly one a call.
#[derive(Debug, PartialEq)]
pub enum Outcome<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// JSON text.
    Json(Cow<'a, [u8]>),
    /// The fields of a hash and their JSON texts.
    Entries(Vec<(Vec<u8>, Vec<u8>)>),
    /// A complete reply, to be shown in this shape.
    Reply(Cow<'a, [u8]>, Shape),
    /// The complete reply of a transaction, and the shape of each of its parts.
    Replies(Cow<'a, [u8]>, Box<[Shape]>),
    Failed(Error),
    /// The connection was lost before the reply. Whether any of the request may have reached the server.
    Lost {
        was_sent: bool,
    },
    /// Another node of the cluster is to answer.
    Redirected(Box<Redirected>),
}

impl Outcome<'_> {
    /// The same outcome, owning its bytes.
    pub fn into_owned(self) -> Outcome<'static> {
        match self {
            Outcome::Null => Outcome::Null,
            Outcome::Boolean(value) => Outcome::Boolean(value),
            Outcome::Integer(value) => Outcome::Integer(value),
            Outcome::Json(text) => Outcome::Json(Cow::Owned(text.into_owned())),
            Outcome::Entries(entries) => Outcome::Entries(entries),
            Outcome::Reply(bytes, shape) => Outcome::Reply(Cow::Owned(bytes.into_owned()), shape),
            Outcome::Replies(bytes, shapes) => Outcome::Replies(Cow::Owned(bytes.into_owned()), shapes),
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Lost { was_sent } => Outcome::Lost { was_sent },
            Outcome::Redirected(redirected) => Outcome::Redirected(redirected),
        }
    }
}
