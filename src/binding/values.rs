//! Values for JavaScript.

use std::cell::RefCell;
use std::ptr;

use encoding_rs::mem;
use napi::sys;

use crate::cache::{Layout, Shape};
use crate::error::Error;
use crate::lane::{Frame, Items, Node};

thread_local! {
    /// Texts on their way into the form that V8 keeps: one buffer for all of a thread.
    static DECODED: RefCell<(Vec<u8>, Vec<u16>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// What a decoding buffer keeps after a large text.
const KEEP_DECODED: usize = 256 * 1024;

/// A string. V8 keeps texts as Latin-1 or UTF-16 and decodes UTF-8 a byte at a time, so the text
/// comes to it decoded. Bytes that are no UTF-8 become U+FFFD.
pub fn string(env: sys::napi_env, text: &[u8]) -> sys::napi_value {
    if text.is_ascii() {
        return latin1(env, text);
    }
    DECODED.with_borrow_mut(|(narrow, wide)| {
        if mem::is_utf8_latin1(text) {
            narrow.resize(narrow.len().max(text.len()), 0);
            let length = mem::convert_utf8_to_latin1_lossy(text, narrow);
            let value = latin1(env, &narrow[..length]);
            narrow.truncate(KEEP_DECODED);
            narrow.shrink_to(KEEP_DECODED);
            value
        } else {
            // encoding_rs asks for one unit more than bytes.
            wide.resize(wide.len().max(text.len() + 1), 0);
            let length = mem::convert_utf8_to_utf16(text, wide);
            let mut value = ptr::null_mut();
            // SAFETY: `length` units of the buffer were written.
            unsafe { sys::napi_create_string_utf16(env, wide.as_ptr(), length as isize, &mut value) };
            wide.truncate(KEEP_DECODED);
            wide.shrink_to(KEEP_DECODED);
            value
        }
    })
}

fn latin1(env: sys::napi_env, text: &[u8]) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are of one slice.
    unsafe { sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    value
}

pub fn null(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_null(env, &mut value) };
    value
}

pub fn undefined(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_undefined(env, &mut value) };
    value
}

pub fn boolean(env: sys::napi_env, from: bool) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_boolean(env, from, &mut value) };
    value
}

/// A number; beyond 2^53 a string, which loses nothing.
pub fn integer(env: sys::napi_env, from: i64) -> sys::napi_value {
    const MAX_SAFE: i64 = (1 << 53) - 1;
    if from.abs() > MAX_SAFE {
        return string(env, from.to_string().as_bytes());
    }
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_create_int64(env, from, &mut value) };
    value
}

/// An error of the caller's class, made by its function `make(code, message, retryable, redisCode)`.
pub fn error(env: sys::napi_env, make: sys::napi_value, error: &Error) -> sys::napi_value {
    let redis_code = error.redis_code().map_or_else(|| undefined(env), |code| string(env, code.as_bytes()));
    let arguments = [
        string(env, error.code().as_str().as_bytes()),
        string(env, error.message().as_bytes()),
        boolean(env, error.is_retryable()),
        redis_code,
    ];
    call(env, make, &arguments)
}

/// Calls a function of ours; `undefined` where it threw.
pub fn call(env: sys::napi_env, function: sys::napi_value, arguments: &[sys::napi_value]) -> sys::napi_value {
    let mut result = ptr::null_mut();
    let this = undefined(env);
    // SAFETY: the values are of the running handle scope; count and pointer are of one slice.
    let status = unsafe {
        sys::napi_call_function(env, this, function, arguments.len(), arguments.as_ptr(), &mut result)
    };
    if status == sys::Status::napi_ok {
        return result;
    }
    pass_on_exception(env);
    this
}

/// Gives the pending exception to the process, as if nobody had caught it. Our own functions do not throw what the
/// application threw, so usually it is that the environment is being ended, which nobody is told.
///
/// Node keeps an exception for the next one who asks, which in napi 3.16.1 is a cleanup hook that has no handle
/// scope to take it in, and the process aborts. So it is always taken.
fn pass_on_exception(env: sys::napi_env) {
    let (mut is_pending, mut exception) = (false, ptr::null_mut());
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: in the handle scope of the running call. Node refuses a null exception, and any where the
    // environment is being ended.
    unsafe {
        sys::napi_is_exception_pending(env, &mut is_pending);
        if !is_pending || sys::napi_get_and_clear_last_exception(env, &mut exception) != sys::Status::napi_ok
        {
            return;
        }
        // The end of a worker, or of a script by its time limit, shows as an exception `null`.
        sys::napi_typeof(env, exception, &mut kind);
        if kind != sys::ValueType::napi_null && kind != sys::ValueType::napi_undefined {
            sys::napi_fatal_exception(env, exception);
        }
    }
}

/// A Buffer with a copy of these bytes.
pub fn buffer(env: sys::napi_env, bytes: &[u8]) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are of one slice, which Node copies.
    unsafe {
        sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &mut value)
    };
    value
}

/// How replies become values of JavaScript.
#[derive(Clone, Copy)]
struct Maker {
    env: sys::napi_env,
    make_error: sys::napi_value,
    as_buffers: bool,
    numbers_as_texts: bool,
    is_verbatim: bool,
}

/// A reply of the server, in the shapes that users of RESP2 know: texts, numbers, arrays, null.
pub fn reply(env: sys::napi_env, bytes: &[u8], shape: Shape, make_error: sys::napi_value) -> sys::napi_value {
    Maker::new(env, make_error, shape).shaped(Frame::new(bytes).node(), shape)
}

/// The replies of a transaction, each in its own shape.
pub fn replies(
    env: sys::napi_env,
    bytes: &[u8],
    shapes: &[Shape],
    make_error: sys::napi_value,
) -> sys::napi_value {
    let value = empty_array(env);
    let Node::Array(items) = Frame::new(bytes).node() else { return value };
    for ((position, item), shape) in items.enumerate().zip(shapes) {
        in_scope(env, || {
            let item = Maker::new(env, make_error, *shape).shaped(item, *shape);
            // SAFETY: both are values of the running call.
            unsafe { sys::napi_set_element(env, value, position as u32, item) };
        });
    }
    value
}

impl Maker {
    fn new(env: sys::napi_env, make_error: sys::napi_value, shape: Shape) -> Maker {
        let Shape { layout: _, as_buffers, numbers_as_texts, is_verbatim } = shape;
        Maker { env, make_error, as_buffers, numbers_as_texts, is_verbatim }
    }

    fn shaped(self, node: Node<'_>, shape: Shape) -> sys::napi_value {
        match (node, shape.layout) {
            (Node::Array(items) | Node::Map(items), Layout::Object) => self.object(items),
            (Node::Array(items), Layout::FlatPairs) => self.flat(items),
            (Node::Map(items), Layout::PairList) => self.pair_list(items),
            (node, _) => self.plain(node),
        }
    }

    fn text(self, text: &[u8]) -> sys::napi_value {
        if self.as_buffers { buffer(self.env, text) } else { string(self.env, text) }
    }

    fn plain(self, node: Node<'_>) -> sys::napi_value {
        match node {
            Node::Null => null(self.env),
            Node::Boolean(value) => integer(self.env, i64::from(value)),
            Node::Integer(value) if self.numbers_as_texts => string(self.env, value.to_string().as_bytes()),
            Node::Integer(value) => integer(self.env, value),
            Node::Bulk(text) | Node::Status(text) | Node::Number(text) => self.text(text),
            Node::Error(line) => {
                let line = String::from_utf8_lossy(line);
                let reply = if self.is_verbatim { Error::verbatim_reply(&line) } else { Error::reply(&line) };
                error(self.env, self.make_error, &reply)
            }
            Node::Array(items) | Node::Map(items) => self.array(items),
        }
    }

    fn array(self, items: Items<'_>) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is the environment of the running call. The length is what the whole reply,
        // which is here, holds.
        unsafe { sys::napi_create_array_with_length(self.env, items.remaining(), &mut value) };
        for (position, item) in items.enumerate() {
            in_scope(self.env, || {
                let item = self.plain(item);
                // SAFETY: both are values of the running call.
                unsafe { sys::napi_set_element(self.env, value, position as u32, item) };
            });
        }
        value
    }

    /// An array whose elements that are arrays give theirs to it.
    fn flat(self, items: Items<'_>) -> sys::napi_value {
        let value = empty_array(self.env);
        let mut position = 0;
        let mut put = |item: Node<'_>| {
            in_scope(self.env, || {
                let item = self.plain(item);
                // SAFETY: both are values of the running call.
                unsafe { sys::napi_set_element(self.env, value, position, item) };
            });
            position += 1;
        };
        for item in items {
            match item {
                Node::Array(inner) => inner.for_each(&mut put),
                other => put(other),
            }
        }
        value
    }

    /// A map as an array of its pairs.
    fn pair_list(self, mut items: Items<'_>) -> sys::napi_value {
        let value = empty_array(self.env);
        let mut position = 0;
        while let (Some(key), Some(item)) = (items.next(), items.next()) {
            in_scope(self.env, || {
                let pair = empty_array(self.env);
                let (key, item) = (self.plain(key), self.plain(item));
                // SAFETY: all are values of the running call.
                unsafe {
                    sys::napi_set_element(self.env, pair, 0, key);
                    sys::napi_set_element(self.env, pair, 1, item);
                    sys::napi_set_element(self.env, value, position, pair);
                }
            });
            position += 1;
        }
        value
    }

    /// Pairs as an object without a prototype's traps: `__proto__` is a field like any other.
    fn object(self, mut items: Items<'_>) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is the environment of the running call.
        unsafe { sys::napi_create_object(self.env, &mut value) };
        while let (Some(key), Some(item)) = (items.next(), items.next()) {
            in_scope(self.env, || {
                // A property's name is a text, whatever the values are.
                let key = Maker { as_buffers: false, ..self }.plain(key);
                define_field(self.env, value, key, self.plain(item));
            });
        }
        value
    }
}

fn empty_array(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_create_array(env, &mut value) };
    value
}

/// Defines an own property, whatever its name.
pub fn define_field(
    env: sys::napi_env,
    object: sys::napi_value,
    key: sys::napi_value,
    item: sys::napi_value,
) {
    const FIELD: i32 = sys::PropertyAttributes::writable
        | sys::PropertyAttributes::enumerable
        | sys::PropertyAttributes::configurable;
    let descriptor = sys::napi_property_descriptor {
        utf8name: ptr::null(),
        name: key,
        method: None,
        getter: None,
        setter: None,
        value: item,
        attributes: FIELD,
        data: ptr::null_mut(),
    };
    // SAFETY: the descriptor outlives the call and names values of the running scope.
    unsafe { sys::napi_define_properties(env, object, 1, &descriptor) };
}

/// Runs `work` and lets go of the handles that it made, also where it panics.
pub fn in_scope(env: sys::napi_env, work: impl FnOnce()) {
    struct Scope(sys::napi_env, sys::napi_handle_scope);
    impl Drop for Scope {
        fn drop(&mut self) {
            // SAFETY: opened below, and closed in order, since scopes are dropped in order.
            unsafe { sys::napi_close_handle_scope(self.0, self.1) };
        }
    }
    let mut scope = Scope(env, ptr::null_mut());
    // SAFETY: what survives the scope is held by its array or object.
    unsafe { sys::napi_open_handle_scope(env, &mut scope.1) };
    work();
}
