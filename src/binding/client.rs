//! One JavaScript instance of the package: its core, its driver, and the way back into JavaScript.
//!
//! A client is used on its environment's thread only. While it works it is borrowed, and
//! JavaScript is called only when it is not: a listener may call right back in, or close it.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Instant;

use napi::sys;
use serde_json::Value;

use super::any_link::AnyLink;
use super::callback_scope::CallbackScopes;
use super::client_context::ClientContext;
#[cfg(unix)]
use super::client_context::{EventLoop, EventLoopClient};
use super::intake::{Given, Intake, WORDS_A_CALL};
use super::realm::Realm;
use super::reference::Reference;
use super::sink::{JsSink, Mark, Settled};
use super::values;
use super::waker::Waker;
use crate::cache::{self, Core};
use crate::config::LogLevel;
use crate::connection::Wake;
use crate::erasure::UnderWay;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::health::log::{LevelFilter, Registration};
use crate::health::{Notices, State, census};
use crate::redis::{Outcome, Sink, Target, closed};
use crate::topology::{self, Discard, InFlight, NodeSink, OpenHandles};

/// Outcomes are arguments of the function that takes them; a stack has room for so many without a second thought.
const OUTCOMES_A_CALL: usize = 1024;

/// The functions and arrays that JavaScript lends for as long as the client lives.
pub struct Lent {
    pub settle: Reference,
    pub notice: Reference,
    pub realm: Realm,
    /// Ids and heads of calls, written by JavaScript.
    pub calls: SharedWords,
    /// Ids of calls and marks of their outcomes, read by JavaScript.
    pub outcomes: SharedWords,
    /// Whether JavaScript asks for copies of a kind first, by the kind's number; read by JavaScript.
    pub near_first: SharedWords,
}

/// A `Uint32Array` whose memory both sides use.
pub struct SharedWords {
    pub data: *mut u32,
    pub length: usize,
    /// Keeps the memory where it is.
    pub _array: Reference,
}

type Router = topology::Router<ClientContext>;

struct Inner {
    router: Router,
    intake: Intake,
    /// Reusable outcome buffer.
    room: Settled,
}

pub struct Client {
    env: sys::napi_env,
    lent: Lent,
    callback_scopes: CallbackScopes,
    features: Arc<Features>,
    waker: Arc<Waker>,
    notices: Arc<Notices>,
    open_handles: OpenHandles,
    inner: RefCell<Inner>,
    in_flight: RefCell<InFlight>,
    is_held: Cell<bool>,
    /// Whether the process stays alive for it, whatever is under way; none where that decides.
    keeps_alive: Cell<Option<bool>>,
    /// Closed: JavaScript is not told anything any more.
    is_returned: Cell<bool>,
    log: RefCell<Option<Registration>>,
    /// Organizations that it erases.
    pub(super) erasures: RefCell<Vec<UnderWay>>,
    _counted: census::Member,
}

/// The log records that JavaScript is told; none where it asks for none.
fn level_of(level: LogLevel) -> Option<LevelFilter> {
    Some(match level {
        LogLevel::Off => return None,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    })
}

/// Where JavaScript is entered from. From the event loop its ticks and microtasks must be run afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Call,
    EventLoop,
}

impl Client {
    /// Makes a client that has no driver yet.
    pub fn new(env: sys::napi_env, features: Features, lent: Lent) -> Result<Rc<Client>> {
        let features = Arc::new(features);
        let core = features.cache().clone();
        let callback_scopes = CallbackScopes::new(env)?;
        let mut refused = None;
        let client = Rc::new_cyclic(|client: &Weak<Client>| {
            let waker = Waker::new(env, on_wake, Box::new(client.clone())).unwrap_or_else(|error| {
                refused = Some(error);
                Waker::silent()
            });
            let waker = Arc::new(waker);
            let woken = waker.clone();
            let notices = Arc::new(Notices::new(move || woken.wake()));
            let level = level_of(core.config().log_level);
            let log = level.and_then(|level| notices.take_log(core.health().id(), level));
            for warning in &core.config().warnings {
                tracing::warn!(client = core.health().id(), "{warning}");
            }
            let told = notices.clone();
            core.health().listen(move |event, detail| told.put(event, detail));
            let told = notices.clone();
            features.listen(move |event| told.put(event, &Value::Null));
            Client {
                env,
                lent,
                callback_scopes,
                features,
                waker,
                notices,
                open_handles: OpenHandles::default(),
                inner: RefCell::new(Inner {
                    router: Router::Closed,
                    intake: Intake::default(),
                    room: Settled::default(),
                }),
                in_flight: RefCell::default(),
                is_held: Cell::new(false),
                keeps_alive: Cell::new(None),
                is_returned: Cell::new(false),
                log: RefCell::new(log),
                erasures: RefCell::default(),
                _counted: census::CLIENTS.add(),
            }
        });
        refused.map_or(Ok(client), Err)
    }

    /// Starts to connect, unless the store is embedded.
    pub fn start(self: &Rc<Self>) -> Result<()> {
        let router = Router::start(&self.features, || self.context())?;
        self.inner.borrow_mut().router = router;
        Ok(())
    }

    /// Starts one connection without policy; without a target JavaScript moves its bytes, over a stream that keeps the
    /// process alive itself.
    pub fn start_link(self: &Rc<Self>, target: Option<Target>) -> Result<()> {
        let keeps_alive = target.is_some();
        let driver = match target {
            Some(target) => AnyLink::start(target, self.features.config().driver, &self.context())?,
            None => AnyLink::fed(),
        };
        self.inner.borrow_mut().router = Router::Link(driver);
        self.keep_alive(keeps_alive);
        Ok(())
    }

    /// What its drivers are started with.
    fn context(self: &Rc<Self>) -> ClientContext {
        ClientContext {
            waker: self.waker.clone(),
            #[cfg(unix)]
            event_loop: EventLoop::new(self.env, self, self.open_handles.clone()),
        }
    }

    pub fn core(&self) -> &Arc<Core> {
        self.features.cache()
    }

    pub fn features(&self) -> &Features {
        &self.features
    }

    pub fn open_handles(&self) -> &OpenHandles {
        &self.open_handles
    }

    /// Calls that have not settled.
    pub fn outstanding(&self) -> usize {
        self.in_flight.borrow().count()
    }

    /// The caches of a cluster's nodes; none with another topology.
    pub fn nodes(&self) -> Vec<Arc<Core>> {
        self.inner.borrow().router.nodes().iter().map(|node| node.cache().clone()).collect()
    }

    /// Turns Redis off for the adapter's calls, or on again.
    pub fn use_redis(&self, is_on: bool) {
        self.core().disable_redis(!is_on);
        self.nodes().iter().for_each(|node| node.disable_redis(!is_on));
    }

    /// Everything that it knows about itself. `nodes` are the caches of a cluster's nodes, which a client that was
    /// closed meanwhile has no longer.
    pub fn report(&self, nodes: &[Arc<Core>]) -> Value {
        topology::report(&self.features, &self.inner.borrow().router, nodes, self.outstanding())
    }

    pub fn make_error(&self) -> sys::napi_value {
        self.lent.realm.make_error()
    }

    pub fn realm(&self) -> &Realm {
        &self.lent.realm
    }

    /// Takes in the calls that JavaScript has gathered: `word_count` words and their arguments.
    pub fn submit(&self, given: Given<'_>, word_count: usize) {
        self.guarded(Origin::Call, |client| client.take_in(given, word_count));
    }

    fn take_in(&self, given: Given<'_>, word_count: usize) {
        if self.is_returned.get() {
            return;
        }
        let now = Instant::now();
        let length = word_count.min(self.lent.calls.length);
        // SAFETY: JavaScript writes the words before it calls, and does not run while we read.
        let words = unsafe { std::slice::from_raw_parts(self.lent.calls.data, length) };
        let waiting = self.outstanding();
        words.chunks_exact(WORDS_A_CALL).for_each(|call| self.in_flight.borrow_mut().begin(call[0]));
        let settled = self.work(|Inner { router, intake, .. }, sink| {
            intake.take_calls(self.env, words, given, sink, |call, call_id, sink| {
                router.call(call, call_id, waiting, now, sink);
            });
            router.flush(now, sink);
        });
        self.tell_near_first();
        self.settle(settled, Origin::Call);
    }

    /// Answers a call at once, without a request.
    pub fn answer(&self, word: u32, arguments: &[sys::napi_value]) -> Outcome<'static> {
        let answered = self.guarded(Origin::Call, |client| {
            let mut inner = client.inner.borrow_mut();
            if matches!(inner.router, Router::Closed) {
                return Outcome::Failed(closed());
            }
            inner.intake.answer(client.env, &client.features, word, arguments)
        });
        self.hold();
        answered.unwrap_or_else(|| Outcome::Failed(Error::defect()))
    }

    /// What `look` finds at the cache of a call's node, among copies in this process.
    pub fn at_copies<R>(
        &self,
        word: u32,
        arguments: &[sys::napi_value],
        look: impl FnOnce(&Core, &cache::Call<'_>, &mut cache::Scratch) -> Option<R>,
    ) -> Option<R> {
        let found = self.guarded(Origin::Call, |client| {
            let mut inner = client.inner.borrow_mut();
            let Inner { router, intake, .. } = &mut *inner;
            intake
                .at_copies(client.env, word, arguments, |call, scratch| router.at_copies(call, scratch, look))
        });
        self.tell_near_first();
        found.flatten()
    }

    /// Tells JavaScript which kinds it is to ask for copies of first, where that has changed.
    fn tell_near_first(&self) {
        let Some(first) = self.core().near_first() else { return };
        let SharedWords { data, length, .. } = self.lent.near_first;
        first.take_changes(|kind, is_asked| {
            if kind < length {
                // SAFETY: within the array; JavaScript does not run meanwhile.
                unsafe { data.add(kind).write(u32::from(is_asked)) };
            }
        });
    }

    /// Runs `work`; nothing where it panics. Nobody knows what state a panic leaves, so it ends the
    /// client.
    fn guarded<R>(&self, origin: Origin, work: impl FnOnce(&Client) -> R) -> Option<R> {
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        if result.is_err() && catch_unwind(AssertUnwindSafe(|| self.give_up(origin))).is_err() {
            tracing::error!("orgcache could not tell its callers that it was closed by a defect");
        }
        result.ok()
    }

    /// Closes after a defect: every call that waits fails with `E_INTERNAL`, and every later one with `E_CLOSED`.
    fn give_up(&self, origin: Origin) {
        let client = self.core().health().id();
        tracing::error!(client, "a defect in orgcache's native code was caught: the cache is closed");
        values::in_scope(self.env, || self.end(origin, Router::give_up));
    }

    /// The waker has called: something is ready on another thread.
    fn awake(&self) {
        self.waker.arrived();
        let now = Instant::now();
        let settled = self.work(|inner, sink| inner.router.awake(now, sink));
        // Node runs microtasks after a threadsafe function by itself.
        self.settle(settled, Origin::Call);
        self.tell();
        if self.has_died() {
            self.give_up(Origin::Call);
        }
    }

    fn has_died(&self) -> bool {
        self.inner.borrow().router.has_died()
    }

    /// A panic ends here: above is libuv.
    #[cfg(unix)]
    fn in_event_loop(&self, work: impl FnOnce(&mut Router, Instant, &mut JsSink)) {
        self.guarded(Origin::EventLoop, |client| {
            let now = Instant::now();
            // libuv calls outside of any scope.
            values::in_scope(client.env, || {
                let settled = client.work(|inner, sink| work(&mut inner.router, now, sink));
                client.settle(settled, Origin::EventLoop);
            });
        });
    }

    fn work(&self, work: impl FnOnce(&mut Inner, &mut JsSink)) -> Settled {
        let mut inner = self.inner.borrow_mut();
        let room = std::mem::take(&mut inner.room);
        let mut sink = JsSink::new(&self.lent.realm, room);
        work(&mut inner, &mut sink);
        sink.finish()
    }

    /// Hands outcomes to JavaScript. From the event loop the application's ticks and microtasks run behind them.
    fn settle(&self, mut settled: Settled, origin: Origin) {
        if self.is_returned.get() {
            return;
        }
        for call in settled.words.chunks_exact(2) {
            self.in_flight.borrow_mut().end(call[0]);
        }
        if origin == Origin::EventLoop && !settled.words.is_empty() {
            self.callback_scopes.run(|| self.hand_over(&settled));
        } else {
            self.hand_over(&settled);
        }
        settled.clear();
        if let Ok(mut inner) = self.inner.try_borrow_mut() {
            inner.room = settled;
        }
        self.hold();
    }

    /// As many outcomes at a time as the shared array and a stack hold.
    fn hand_over(&self, settled: &Settled) {
        let page_words = self.lent.outcomes.length.min(2 * OUTCOMES_A_CALL);
        let mut values = settled.values.as_slice();
        for words in settled.words.chunks(page_words) {
            if self.is_returned.get() {
                // A callback has closed the client; its calls have failed.
                return;
            }
            // SAFETY: the page is no longer than the array; JavaScript does not run meanwhile.
            unsafe { ptr::copy_nonoverlapping(words.as_ptr(), self.lent.outcomes.data, words.len()) };
            let outcomes = words.chunks_exact(2);
            let count = outcomes.clone().filter(|outcome| Mark::has_value(outcome[1])).count();
            let (of_page, rest) = values.split_at(count.min(values.len()));
            values = rest;
            // Arguments cost a fraction of what the elements of an array do.
            let count = values::integer(self.env, outcomes.len() as i64);
            let mut arguments = vec![count.unwrap_or_else(|_| values::undefined(self.env))];
            arguments.extend(of_page);
            values::call(self.env, self.lent.settle.value(), &arguments);
        }
    }

    /// Whether the process stays alive for this client until it is closed.
    pub fn keep_alive(&self, keeps: bool) {
        self.keeps_alive.set(Some(keeps));
        self.hold();
    }

    /// What `work` does to the Link, where that was not closed, and what follows from it.
    pub fn with_link(&self, work: impl FnOnce(&mut AnyLink, &mut dyn Sink)) {
        self.guarded(Origin::Call, |client| {
            let settled = client.work(|inner, sink| inner.router.link().map_or((), |link| work(link, sink)));
            client.settle(settled, Origin::Call);
        });
    }

    /// Keeps the process alive while calls are under way, and only then.
    fn hold(&self) {
        let alive =
            self.keeps_alive.get().unwrap_or_else(|| self.outstanding() > 0 || self.features.keeps_alive());
        if alive != self.is_held.replace(alive) {
            self.waker.hold(self.env, alive);
        }
    }

    /// Tells JavaScript what has happened: changes of state and log lines.
    pub fn tell(&self) {
        if self.is_returned.get() {
            return;
        }
        for notice in self.notices.take() {
            let text = |text: &str| values::string(self.env, text.as_bytes());
            // A notice that is no text of JavaScript's cannot be told.
            let (Ok(name), Ok(detail)) = (text(notice.event.name()), text(&notice.detail)) else { continue };
            let arguments = [name, detail];
            values::call(self.env, self.lent.notice.value(), &arguments);
        }
    }

    /// Closes the connections, and lets go of Node. JavaScript has rejected what was under way, whose errors would be
    /// made in vain here; a Link tells itself what becomes of its requests.
    pub fn close(&self) {
        self.guarded(Origin::Call, |client| {
            if client.inner.borrow_mut().router.link().is_none() {
                client.in_flight.take();
            }
            client.end(Origin::Call, Router::close);
        });
        self.let_go();
    }

    /// JavaScript is not entered any more, and nothing wakes this thread.
    fn let_go(&self) {
        self.is_returned.set(true);
        self.log.take();
        self.erasures.take();
        self.waker.close();
    }

    fn end(&self, origin: Origin, end: impl FnOnce(Router, &mut InFlight, &mut dyn NodeSink)) {
        let settled = self.work(|inner, sink| {
            let router = std::mem::replace(&mut inner.router, Router::Closed);
            end(router, &mut self.in_flight.borrow_mut(), sink);
        });
        self.core().health().enter(State::Closed);
        self.core().tell_what_is_left();
        self.settle(settled, origin);
        self.tell();
    }

    /// The environment ends: JavaScript must not be entered any more.
    pub fn abandon(&self) {
        self.let_go();
        let router = std::mem::replace(&mut self.inner.borrow_mut().router, Router::Closed);
        router.give_up(&mut InFlight::default(), &mut Discard);
    }
}

#[cfg(unix)]
impl EventLoopClient for Client {
    fn ready(&self, number: usize, status: std::ffi::c_int) {
        self.in_event_loop(|router, now, sink| router.ready(number, status, now, sink));
    }

    fn overdue(&self, number: usize) {
        self.in_event_loop(|router, now, sink| router.overdue(number, now, sink));
    }
}

unsafe extern "C" fn on_wake(
    env: sys::napi_env,
    _function: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    // Without an environment Node only empties its queue, and the context may be gone.
    if env.is_null() {
        return;
    }
    // SAFETY: while there is an environment the waker's context is what `Client::new` gave it.
    let client = unsafe { &*context.cast::<Weak<Client>>() }.upgrade();
    if let Some(client) = client {
        client.guarded(Origin::Call, Client::awake);
    }
}
