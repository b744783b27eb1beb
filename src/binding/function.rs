//! Functions that JavaScript calls, at the level of Node's C interface.
//!
//! The hot functions are called once a tick and read their arguments in place, so they are made
//! here and not by a macro that converts each one.

use std::ffi::{CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::sys;

use super::values;
use crate::error::Error;
use crate::redis::closed;

/// Most functions of ours take no more arguments; they are read without an allocation.
const FEW_ARGUMENTS: usize = 12;

/// The clients of one environment, as its functions find them.
pub trait Clients: 'static {
    type Client;

    /// The client that JavaScript knows by this number, unless it was closed.
    fn find(&self, number: i64) -> Option<Self::Client>;

    /// The JavaScript function that makes errors of the class that the client's caller knows.
    fn error_maker(client: &Self::Client) -> sys::napi_value;
}

/// What a function is called with.
pub struct Invocation<C> {
    pub env: sys::napi_env,
    /// The clients of the environment.
    pub clients: Rc<C>,
    few: [sys::napi_value; FEW_ARGUMENTS],
    /// All of them, where they are more than a few.
    many: Vec<sys::napi_value>,
}

impl<C: Clients> Invocation<C> {
    /// The argument at `position`; `undefined` where it was not given.
    pub fn argument(&self, position: usize) -> sys::napi_value {
        self.few[position]
    }

    pub fn arguments(&self) -> &[sys::napi_value] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    /// The number of the client that the function is called for: the first argument. Zero, which is nobody's, where
    /// that is no number.
    pub fn client_number(&self) -> i64 {
        let mut number = 0;
        // SAFETY: an argument of the running call; where it is no number, nothing is written.
        unsafe { sys::napi_get_value_int64(self.env, self.argument(0), &raw mut number) };
        number
    }

    /// The client that the function is called for, which lives as long as this; throws where it was closed.
    pub fn client(&self) -> Result<C::Client, Thrown> {
        self.clients.find(self.client_number()).ok_or_else(|| Thrown(closed(), ptr::null_mut()))
    }
}

/// Why a function throws, and the JavaScript function that makes errors of the caller's own class; null where that went
/// with the client.
pub struct Thrown(pub Error, pub sys::napi_value);

pub type Body<C> = fn(&Invocation<C>) -> Result<sys::napi_value, Thrown>;

/// What a function of ours carries.
type Bound<C> = (Body<C>, Rc<C>);

/// Defines `object[name]`; `clients` reach the body.
pub fn define<C: Clients>(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &str,
    body: Body<C>,
    clients: &Rc<C>,
) -> Result<(), Error> {
    let key = values::string(env, name.as_bytes())?;
    let bound: *mut Bound<C> = Box::into_raw(Box::new((body, clients.clone())));
    let mut function = ptr::null_mut();
    // SAFETY: `env` comes from the running call into this addon; the name is passed with its length; `bound` is freed
    // when the function is, or with the environment.
    let status = unsafe {
        let (text, length) = (name.as_ptr().cast(), name.len() as isize);
        sys::napi_create_function(env, text, length, Some(enter::<C>), bound.cast(), &raw mut function)
    };
    if let Err(error) = values::checked(status, "a function") {
        // SAFETY: made above; no function has it.
        drop(unsafe { Box::from_raw(bound) });
        return Err(error);
    }
    // SAFETY: the function was made above, and `object` is of the running call.
    let status = unsafe {
        sys::napi_add_finalizer(
            env,
            function,
            bound.cast(),
            Some(unbind::<C>),
            ptr::null_mut(),
            ptr::null_mut(),
        );
        sys::napi_set_property(env, object, key, function)
    };
    values::checked(status, "a property")
}

/// Defines `object[name]` as an object with these functions.
pub fn define_all<C: Clients>(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &str,
    functions: &[(&str, Body<C>)],
    clients: &Rc<C>,
) -> Result<(), Error> {
    let key = values::string(env, name.as_bytes())?;
    let mut inner = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    values::checked(unsafe { sys::napi_create_object(env, &raw mut inner) }, "an object")?;
    for (name, body) in functions {
        define(env, inner, name, *body, clients)?;
    }
    // SAFETY: all three are of the running call.
    values::checked(unsafe { sys::napi_set_property(env, object, key, inner) }, "a property")
}

/// The function is gone, or its environment ends: nobody calls it any more.
unsafe extern "C" fn unbind<C>(_env: sys::napi_env, bound: *mut c_void, _hint: *mut c_void) {
    // SAFETY: made by `define` for this one function.
    drop(unsafe { Box::from_raw(bound.cast::<Bound<C>>()) });
}

/// Every function of ours starts here: no panic may unwind into Node.
unsafe extern "C" fn enter<C: Clients>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut few = [ptr::null_mut(); FEW_ARGUMENTS];
    let mut many = Vec::new();
    let mut count = FEW_ARGUMENTS;
    let mut bound = ptr::null_mut();
    // SAFETY: Node gives a valid `info`; the arrays have the size that `count` says, and Node fills
    // the ones that were not given with `undefined`. Afterwards `count` is how many were given.
    let (body, clients) = unsafe {
        sys::napi_get_cb_info(env, info, &raw mut count, few.as_mut_ptr(), ptr::null_mut(), &raw mut bound);
        if count > FEW_ARGUMENTS {
            many.resize(count, ptr::null_mut());
            sys::napi_get_cb_info(
                env,
                info,
                &raw mut count,
                many.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
        }
        let (body, clients) = &*bound.cast::<Bound<C>>();
        (*body, clients.clone())
    };
    let invocation = Invocation { env, clients, few, many };
    let result = catch_unwind(AssertUnwindSafe(|| body(&invocation)));
    match result.unwrap_or_else(|_| Err(Thrown(Error::defect(), make_error_of(&invocation)))) {
        Ok(value) => value,
        Err(thrown) => {
            throw(env, &thrown);
            ptr::null_mut()
        }
    }
}

fn throw(env: sys::napi_env, Thrown(error, make): &Thrown) {
    if make.is_null() {
        let text = |text: &str| CString::new(text).unwrap_or_default();
        let (code, message) = (text(error.code().as_str()), text(error.message()));
        // SAFETY: both texts end with NUL.
        unsafe { sys::napi_throw_error(env, code.as_ptr(), message.as_ptr()) };
    } else {
        let thrown = values::error(env, *make, error);
        // SAFETY: made in this call.
        unsafe { sys::napi_throw(env, thrown) };
    }
}

/// What makes errors for the caller of any function: its client's, or the first argument where that is a function.
fn make_error_of<C: Clients>(call: &Invocation<C>) -> sys::napi_value {
    if let Ok(client) = call.client() {
        return C::error_maker(&client);
    }
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: an argument of the running call.
    unsafe { sys::napi_typeof(call.env, call.argument(0), &raw mut kind) };
    if kind == sys::ValueType::napi_function { call.argument(0) } else { ptr::null_mut() }
}
