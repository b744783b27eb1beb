//! Handles of the event loop that drivers have closed, and the loop has not let go of: their environment must not end before.

use std::cell::Cell;
use std::rc::Rc;

type Waiter = Box<dyn FnOnce()>;

/// Counts the handles of one client's drivers, from their start until the event loop has finished closing them.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> (Rc<Cell<usize>>, impl Fn() + Clone) {
        let calls = Rc::new(Cell::new(0));
        let counted = calls.clone();
        (calls, move || counted.set(counted.get() + 1))
    }

    #[test]
    fn a_waiter_runs_at_once_where_no_handle_is_open() {
        let (calls, call) = counting();
        OpenHandles::default().when_none(call);
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn a_waiter_runs_once_behind_the_last_handle() {
        let (handles, (calls, call)) = (OpenHandles::default(), counting());
        let of_driver = handles.clone();
        of_driver.add();
        of_driver.add();
        handles.when_none(call);
        of_driver.remove();
        assert_eq!(calls.get(), 0);
        of_driver.remove();
        assert_eq!(calls.get(), 1);
        of_driver.add();
        of_driver.remove();
        assert_eq!(calls.get(), 1);
    }
}
