//! Replies as values of JavaScript.

use std::cell::Cell;
use std::ptr;

use napi::sys;

use super::realm::{AT_ONCE, Aggregate, Realm, escaping};
use super::values;
use crate::error::{Error, Result};
use crate::lane::{Frame, Items, Node};
use crate::redis::{ReplyFormat, ReplyLayout};

/// Aggregates of no more elements leave their handles to the scope around them, which costs less than a scope.
const FEW_ELEMENTS: usize = 16;

thread_local! {
    /// Elements that wait for their aggregate: one list for all of a thread.
    static WAITING: Cell<Elements> = const { Cell::new(Vec::new()) };
}

type Elements = Vec<sys::napi_value>;

/// A reply of the server, in the formats that users of RESP2 know: texts, numbers, arrays, null.
pub fn reply(realm: &Realm, bytes: &[u8], format: ReplyFormat) -> Result<sys::napi_value> {
    with_waiting(|waiting| shaped(realm, Frame::new(bytes).node(), format, waiting))
}

/// The replies of a transaction, each in its own format. One that no value can be made of is the error of its command.
pub fn replies(realm: &Realm, bytes: &[u8], formats: &[ReplyFormat]) -> Result<sys::napi_value> {
    let Node::Array(items) = Frame::new(bytes).node() else { return texts(realm, [].into_iter()) };
    let mut items = items.zip(formats);
    let make = realm.maker(Aggregate::Array);
    with_waiting(|waiting| {
        gathered(realm, make, formats.len(), waiting, &mut |waiting| {
            let Some((item, format)) = items.next() else { return Ok(false) };
            let before = waiting.len();
            let item = shaped(realm, item, *format, waiting).unwrap_or_else(|error| realm.error(&error));
            waiting.truncate(before);
            waiting.push(item);
            Ok(true)
        })
    })
}

/// An array of texts.
pub fn texts<'t>(
    realm: &Realm,
    mut texts: impl ExactSizeIterator<Item = &'t [u8]>,
) -> Result<sys::napi_value> {
    with_waiting(|waiting| {
        gathered(realm, realm.maker(Aggregate::Array), texts.len(), waiting, &mut |waiting| {
            let Some(text) = texts.next() else { return Ok(false) };
            waiting.push(values::string(realm.env, text)?);
            Ok(true)
        })
    })
}

fn with_waiting<R>(work: impl FnOnce(&mut Elements) -> R) -> R {
    let mut waiting = WAITING.take();
    let result = work(&mut waiting);
    waiting.clear();
    WAITING.set(waiting);
    result
}

/// Makes an aggregate of what `more` adds to the list, until it says that there is nothing more. `count` is how much
/// that is about.
fn gathered(
    realm: &Realm,
    make: sys::napi_value,
    count: usize,
    waiting: &mut Elements,
    more: &mut dyn FnMut(&mut Elements) -> Result<bool>,
) -> Result<sys::napi_value> {
    let first = waiting.len();
    let mut fill = |waiting: &mut Elements| -> Result<bool> {
        while waiting.len() < first + AT_ONCE {
            if !more(waiting)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let mut is_full = false;
    let mut begin = |waiting: &mut Elements| -> Result<sys::napi_value> {
        is_full = fill(waiting)?;
        values::try_call(realm.env, make, &waiting[first..])
    };
    let aggregate = match count {
        0..=FEW_ELEMENTS => begin(waiting)?,
        _ => escaping(realm.env, || begin(waiting))?,
    };
    waiting.truncate(first);
    while is_full {
        escaping(realm.env, || {
            is_full = fill(waiting)?;
            realm.extend(aggregate, &waiting[first..])?;
            Ok(aggregate)
        })?;
        waiting.truncate(first);
    }
    Ok(aggregate)
}

fn shaped(
    realm: &Realm,
    node: Node<'_>,
    format: ReplyFormat,
    waiting: &mut Elements,
) -> Result<sys::napi_value> {
    let (mut items, is_map) = match node {
        Node::Array(items) => (items, false),
        Node::Map(items) => (items, true),
        scalar => return Maker { realm, make_array: ptr::null_mut(), format }.plain(scalar, waiting),
    };
    let maker = Maker { realm, make_array: realm.maker(Aggregate::Array), format };
    let count = items.remaining();
    match format.layout {
        ReplyLayout::Object => {
            let make = realm.maker(Aggregate::Object);
            gathered(realm, make, count, waiting, &mut |waiting| maker.add_field(&mut items, waiting))
        }
        ReplyLayout::FlatPairs if !is_map => maker.flat(items, waiting),
        ReplyLayout::PairList if is_map => maker.pair_list(items, waiting),
        _ => maker.array(items, waiting),
    }
}

/// How the nodes of one reply become values.
#[derive(Clone, Copy)]
struct Maker<'r> {
    realm: &'r Realm,
    make_array: sys::napi_value,
    format: ReplyFormat,
}

impl Maker<'_> {
    fn plain(self, node: Node<'_>, waiting: &mut Elements) -> Result<sys::napi_value> {
        let env = self.realm.env;
        match node {
            Node::Null => Ok(values::null(env)),
            Node::Boolean(value) => values::integer(env, i64::from(value)),
            Node::Integer(value) if self.format.numbers_as_texts => {
                values::string(env, value.to_string().as_bytes())
            }
            Node::Integer(value) => values::integer(env, value),
            Node::Bulk(text) | Node::Status(text) | Node::Number(text) => {
                if self.format.as_buffers {
                    values::buffer(env, text)
                } else {
                    values::string(env, text)
                }
            }
            Node::Error(line) => {
                let line = String::from_utf8_lossy(line);
                let verbatim = self.format.is_verbatim;
                let error = if verbatim { Error::verbatim_reply(&line) } else { Error::reply(&line) };
                Ok(self.realm.error(&error))
            }
            Node::Array(items) | Node::Map(items) => self.array(items, waiting),
        }
    }

    /// Adds the value of a node to the list.
    fn add(self, node: Node<'_>, waiting: &mut Elements) -> Result<bool> {
        let value = self.plain(node, waiting)?;
        waiting.push(value);
        Ok(true)
    }

    fn array(self, mut items: Items<'_>, waiting: &mut Elements) -> Result<sys::napi_value> {
        gathered(self.realm, self.make_array, items.remaining(), waiting, &mut |waiting| {
            items.next().map_or(Ok(false), |item| self.add(item, waiting))
        })
    }

    /// An array whose elements that are arrays give theirs to it.
    fn flat(self, mut items: Items<'_>, waiting: &mut Elements) -> Result<sys::napi_value> {
        let count = items.remaining() * 2;
        gathered(self.realm, self.make_array, count, waiting, &mut |waiting| match items.next() {
            Some(Node::Array(inner)) => {
                for item in inner {
                    self.add(item, waiting)?;
                }
                Ok(true)
            }
            Some(other) => self.add(other, waiting),
            None => Ok(false),
        })
    }

    /// A map as an array of its pairs.
    fn pair_list(self, mut items: Items<'_>, waiting: &mut Elements) -> Result<sys::napi_value> {
        gathered(self.realm, self.make_array, items.remaining(), waiting, &mut |waiting| {
            let (Some(key), Some(item)) = (items.next(), items.next()) else { return Ok(false) };
            let pair = [self.plain(key, waiting)?, self.plain(item, waiting)?];
            waiting.push(values::try_call(self.realm.env, self.make_array, &pair)?);
            Ok(true)
        })
    }

    /// Adds a name, which is a text whatever the values are, and its value.
    fn add_field(self, items: &mut Items<'_>, waiting: &mut Elements) -> Result<bool> {
        let (Some(name), Some(item)) = (items.next(), items.next()) else { return Ok(false) };
        let of_texts = Maker { format: ReplyFormat { as_buffers: false, ..self.format }, ..self };
        of_texts.add(name, waiting)?;
        self.add(item, waiting)
    }
}
