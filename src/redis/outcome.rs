//! What a call came to, and who is told.

use std::borrow::Cow;

use super::redirect::Redirected;
use super::reply_format::ReplyFormat;
use crate::error::Error;

/// What a call came to. Exactly one a call.
#[derive(Debug, PartialEq)]
pub enum Outcome<'a> {
    Null,
    /// JavaScript's undefined, which no JSON text is.
    Undefined,
    Boolean(bool),
    Integer(i64),
    /// JSON text.
    Json(Cow<'a, [u8]>),
    /// A text as it is.
    Text(Cow<'a, [u8]>),
    Bytes(Cow<'a, [u8]>),
    /// The fields of a hash and their JSON texts.
    Entries(Vec<(Vec<u8>, Vec<u8>)>),
    /// A complete reply, to be shown in this format.
    Reply(Cow<'a, [u8]>, ReplyFormat),
    /// The complete reply of a transaction, and the format of each of its parts.
    Replies(Cow<'a, [u8]>, Box<[ReplyFormat]>),
    Failed(Error),
    /// The connection was lost before the reply. Whether any of the request may have reached the server.
    Lost {
        was_sent: bool,
    },
}

impl Outcome<'_> {
    /// The same outcome, owning its bytes.
    pub fn into_owned(self) -> Outcome<'static> {
        match self {
            Outcome::Null => Outcome::Null,
            Outcome::Undefined => Outcome::Undefined,
            Outcome::Boolean(value) => Outcome::Boolean(value),
            Outcome::Integer(value) => Outcome::Integer(value),
            Outcome::Json(text) => Outcome::Json(Cow::Owned(text.into_owned())),
            Outcome::Text(text) => Outcome::Text(Cow::Owned(text.into_owned())),
            Outcome::Bytes(bytes) => Outcome::Bytes(Cow::Owned(bytes.into_owned())),
            Outcome::Entries(entries) => Outcome::Entries(entries),
            Outcome::Reply(bytes, format) => Outcome::Reply(Cow::Owned(bytes.into_owned()), format),
            Outcome::Replies(bytes, formats) => Outcome::Replies(Cow::Owned(bytes.into_owned()), formats),
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Lost { was_sent } => Outcome::Lost { was_sent },
        }
    }
}

/// Who is told how a call ended.
pub trait Sink {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>);
}

/// Who is told how a request ended: by an outcome of its call, or by another node that must answer it. `T` is what the
/// request's room knows of it.
pub trait RequestSink<T>: Sink {
    fn redirect(&mut self, redirected: Redirected<T>);
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        (**self).settle(call_id, outcome);
    }
}

impl<T, S: RequestSink<T> + ?Sized> RequestSink<T> for &mut S {
    fn redirect(&mut self, redirected: Redirected<T>) {
        (**self).redirect(redirected);
    }
}
