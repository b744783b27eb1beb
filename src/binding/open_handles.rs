//! What keeps an environment from ending too early: the handles that libuv has not let go of.

use std::cell::Cell;
use std::rc::Rc;

type Waiter = Box<dyn FnOnce()>;

/// Counts the handles that libuv has not finished closing: an environment must not end before.
#[derive(Clone, Default)]
pub struct OpenHandles {
    count: Rc<Cell<usize>>,
    waiter: Rc<Cell<Option<Waiter>>>,
}

impl OpenHandles {
    /// Runs `then` once no handle is open, which may be now.
    pub fn when_none(&self, then: impl FnOnce() + 'static) {
        self.waiter.set(Some(Box::new(then)));
        self.check();
    }

    pub fn add(&self) {
        self.count.set(self.count.get() + 1);
    }

    pub fn remove(&self) {
        self.count.set(self.count.get() - 1);
        self.check();
    }

    fn check(&self) {
        if self.count.get() == 0
            && let Some(then) = self.waiter.take()
        {
            then();
        }
    }
}
