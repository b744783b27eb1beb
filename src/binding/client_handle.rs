//! What holds a client while it is open, and nothing once it was closed; and the numbers that JavaScript knows clients by.
//!
//! JavaScript may know a client's number longer than the client lives. Environments may end before it is closed, so each has
//! a cleanup hook, which stays until libuv has let go of its last handle.
//!
//! All clients share one set of native functions, which take the number first. A client with functions of its own would
//! leave V8 a dozen objects with finalizers: those survive the collections of young objects, which makes V8 grow the
//! space for them with each connection that comes and goes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::sys;

use super::client::{Client, Lent};
use super::function::Clients;
use super::values::checked;
use crate::error::Result;
use crate::features::Features;
use crate::health::census;

pub struct ClientHandle {
    client: RefCell<Option<Rc<Client>>>,
    hook: Cell<Option<CleanupHook>>,
}

impl ClientHandle {
    /// Makes a client, which `start` then lets connect.
    pub fn open(
        env: sys::napi_env,
        features: Features,
        lent: Lent,
        start: impl FnOnce(&Rc<Client>) -> Result<()>,
    ) -> Result<Rc<ClientHandle>> {
        let client = Client::new(env, features, lent)?;
        let handle =
            Rc::new(ClientHandle { client: RefCell::new(Some(client.clone())), hook: Cell::new(None) });
        // After the waker's threadsafe function, whose own hook therefore runs later.
        handle.hook.set(Some(CleanupHook::add(env, &handle)?));
        // Where it cannot start, the handle's end is the client's.
        start(&client)?;
        Ok(handle)
    }

    /// The client, unless it was closed.
    fn client(&self) -> Option<Rc<Client>> {
        self.client.borrow().clone()
    }

    /// Closes the client and frees it as soon as nobody is at work in it. Answers its last report where it `reports`.
    fn close(&self, reports: bool) -> Option<String> {
        let client = self.client()?;
        let nodes = client.nodes();
        client.close();
        let report = reports.then(|| client.report(&nodes).to_string());
        self.forget();
        report
    }

    /// JavaScript must not be entered any more.
    fn abandon(&self) {
        let Some(client) = self.client() else { return };
        if catch_unwind(AssertUnwindSafe(|| client.abandon())).is_err() {
            tracing::error!("orgcache could not be closed in order");
        }
        self.forget();
    }

    /// Lets go of the closed client, and of its environment once libuv has closed its handles.
    fn forget(&self) {
        let client = self.client.borrow_mut().take();
        if let (Some(client), Some(hook)) = (client, self.hook.take()) {
            client.open_handles().when_none(move || hook.remove());
        }
    }
}

impl Drop for ClientHandle {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// The clients that nobody has closed. What is not among them was closed.
#[derive(Default)]
pub struct OpenClients {
    by_number: RefCell<BTreeMap<i64, Rc<ClientHandle>>>,
    last_number: Cell<i64>,
}

impl OpenClients {
    /// Takes a client in. No number is ever used again, so a caller who is late reaches nobody else's client.
    pub fn add(&self, handle: Rc<ClientHandle>) -> i64 {
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        self.by_number.borrow_mut().insert(number, handle);
        number
    }

    /// Closes a client and forgets it. Answers its last report where it `reports` and was not closed before.
    pub fn close(&self, number: i64, reports: bool) -> Option<String> {
        let handle = self.handle(number)?;
        // It is still among the open ones meanwhile: whoever is told an outcome may ask it something.
        let report = handle.close(reports);
        let removed = self.by_number.borrow_mut().remove(&number);
        // Its end may lead back here, so it comes after the borrow's.
        drop(removed);
        report
    }

    fn handle(&self, number: i64) -> Option<Rc<ClientHandle>> {
        self.by_number.borrow().get(&number).cloned()
    }
}

impl Clients for OpenClients {
    type Client = Rc<Client>;

    fn find(&self, number: i64) -> Option<Rc<Client>> {
        self.handle(number)?.client()
    }

    fn error_maker(client: &Rc<Client>) -> sys::napi_value {
        client.make_error()
    }
}

/// Keeps an environment from ending before its client has.
struct CleanupHook {
    raw: sys::napi_async_cleanup_hook_handle,
    handle: *mut Weak<ClientHandle>,
    _counted: census::Member,
}

impl CleanupHook {
    fn add(env: sys::napi_env, handle: &Rc<ClientHandle>) -> Result<CleanupHook> {
        let handle = Box::into_raw(Box::new(Rc::downgrade(handle)));
        let mut raw = ptr::null_mut();
        // SAFETY: what the hook is given is freed when it is removed.
        let status =
            unsafe { sys::napi_add_async_cleanup_hook(env, Some(on_cleanup), handle.cast(), &raw mut raw) };
        if let Err(error) = checked(status, "a cleanup hook") {
            // SAFETY: made above; Node has not taken it.
            drop(unsafe { Box::from_raw(handle) });
            return Err(error);
        }
        Ok(CleanupHook { raw, handle, _counted: census::HOOKS.add() })
    }

    /// Also tells an environment that is ending that it may.
    fn remove(self) {
        // SAFETY: both were made by `add` and go once, since `self` is consumed.
        unsafe {
            sys::napi_remove_async_cleanup_hook(self.raw);
            drop(Box::from_raw(self.handle));
        }
    }
}

/// The environment ends. Node waits until the hook is removed.
unsafe extern "C" fn on_cleanup(_hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: made by `CleanupHook::add`, and not freed, since the hook was not removed.
    let handle = unsafe { &*data.cast::<Weak<ClientHandle>>() }.upgrade();
    // Where it is gone, or was closed already, the hook goes with the last handle of libuv.
    if let Some(handle) = handle {
        handle.abandon();
    }
}
