//! Links, connections without policy, as a router drives them: whose requests they are, and how their events cross.

mod fed;
mod thread_handle;

use serde_json::json;

use crate::error::{Error, ErrorCode, Result};
use crate::lane::Frame;
use crate::redis::{Addresses, Failure, Garbled, Listener, Outcome, PUSHED, RawCall, ReplyFormat, Sink};

pub use fed::LinkFed;
pub use thread_handle::LinkThreadHandle;

/// Ids of what is told of the connection itself, and their names for JavaScript.
pub const LINK_EVENTS: [(u32, &str); 3] =
    [(CONNECTED, "connected"), (BREAKING, "breaking"), (CLOSED, "closed")];
const CONNECTED: u32 = u32::MAX - 2;
pub const BREAKING: u32 = u32::MAX - 3;
pub const CLOSED: u32 = u32::MAX - 4;

/// Whose request it is, and how its reply is given.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub call_id: u32,
    pub format: ReplyFormat,
}

impl Caller {
    /// The caller of a command, and the command's words.
    ///
    /// # Errors
    /// The call is no command, which is all that a Link carries.
    pub fn of<'a, 'c>(call: &'a RawCall<'c>, call_id: u32) -> Result<(Caller, &'a [&'c [u8]])> {
        let RawCall::Command { words: words @ [name, ..], options } = call else {
            return Err(Error::new(ErrorCode::Config, "a Link takes commands only".to_owned()));
        };
        let format = ReplyFormat { is_verbatim: true, ..ReplyFormat::of(name, *options) };
        Ok((Caller { call_id, format }, words))
    }
}

/// Tells a sink what a Link is told.
pub struct Told<S>(pub S);

impl<S: Sink> Listener<Caller> for Told<S> {
    fn connected(&mut self, at: &Addresses) {
        let show = |address: Option<std::net::SocketAddr>| match address {
            Some(address) => json!({ "address": address.ip().to_string(), "port": address.port() }),
            None => json!({}),
        };
        let addresses = json!({ "local": show(at.local), "remote": show(at.remote) });
        self.0.settle(CONNECTED, Outcome::Json(addresses.to_string().into_bytes().into()));
    }

    fn answered(&mut self, caller: Caller, frame: Frame<'_>) {
        let outcome = match frame.error() {
            Some(line) => Outcome::Failed(Error::verbatim_reply(&line)),
            None => Outcome::Reply(frame.bytes().into(), caller.format),
        };
        self.0.settle(caller.call_id, outcome);
    }

    fn pushed(&mut self, frame: Frame<'_>) {
        let format = ReplyFormat { is_verbatim: true, ..ReplyFormat::BUFFERS };
        self.0.settle(PUSHED, Outcome::Reply(frame.bytes().into(), format));
    }

    fn breaking(&mut self, failure: Option<&Failure>) {
        let described = match failure {
            None => json!(null),
            Some(Failure { message, syscall, errno, code, address, port, garbled }) => json!({
                "message": message, "syscall": syscall, "errno": errno, "code": code, "address": address, "port": port,
                "garbled": garbled.as_deref().map(|Garbled { bytes, position, is_type }| {
                    json!({ "bytes": bytes, "position": position, "isType": is_type })
                }),
            }),
        };
        self.0.settle(BREAKING, Outcome::Json(described.to_string().into_bytes().into()));
    }

    fn lost(&mut self, caller: Caller, was_sent: bool) {
        self.0.settle(caller.call_id, Outcome::Lost { was_sent });
    }

    fn closed(&mut self) {
        self.0.settle(CLOSED, Outcome::Null);
    }
}

/// A Link that was given up after a defect is closed like any other.
pub fn tell_defect(sink: &mut dyn Sink) {
    let mut told = Told(sink);
    told.breaking(Some(&Failure::said("a defect in orgcache's native code was caught", None)));
    told.closed();
}
