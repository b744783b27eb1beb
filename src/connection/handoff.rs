//! Passes data from thread to thread, with wake-ups that are never lost.
//!
//! A sender adds its data first and wakes afterwards. A woken receiver takes everything. So no data waits for
//! a wake-up that has already come.

use crate::sync::{AtomicBool, Mutex, Ordering};

/// Wakes the receiving thread. A wake-up without a waiting thread is kept for the next wait. Several wake-ups
/// may become one.
pub trait Wake {
    fn wake(&self);
}

impl Wake for tokio::sync::Notify {
    fn wake(&self) {
        self.notify_one();
    }
}

impl<W: Wake + ?Sized> Wake for std::sync::Arc<W> {
    fn wake(&self) {
        (**self).wake();
    }
}

/// Data that threads leave for one receiving thread.
#[derive(Debug)]
pub struct Handoff<T, W> {
    // Locked to add or take data, never across a wait.
    left: Mutex<T>,
    wake: W,
}

impl<T: Default, W: Wake> Handoff<T, W> {
    pub fn new(wake: W) -> Handoff<T, W> {
        Handoff { left: Mutex::new(T::default()), wake }
    }

    /// Adds data with `leave` and wakes the receiver. Any thread may call it.
    pub fn put(&self, leave: impl FnOnce(&mut T)) {
        leave(&mut self.left.lock());
        self.wake.wake();
    }

    /// Adds data with `leave` and wakes the receiver if `leave` returns true. Any thread may call it.
    pub fn put_and_maybe_wake(&self, leave: impl FnOnce(&mut T) -> bool) {
        let wakes = leave(&mut self.left.lock());
        if wakes {
            self.wake.wake();
        }
    }

    /// Takes everything. Only the woken thread calls it.
    pub fn take(&self) -> T {
        std::mem::take(&mut self.left.lock())
    }

    pub fn waker(&self) -> &W {
        &self.wake
    }
}

/// A handoff whose reader runs until it is told to stop.
#[derive(Debug)]
pub struct Inbox<T, W> {
    handoff: Handoff<T, W>,
    stopped: AtomicBool,
}

impl<T: Default, W: Wake> Inbox<T, W> {
    pub fn new(wake: W) -> Inbox<T, W> {
        Inbox { handoff: Handoff::new(wake), stopped: AtomicBool::new(false) }
    }

    /// Adds data with `leave` and wakes the reader.
    pub fn put(&self, leave: impl FnOnce(&mut T)) {
        self.handoff.put(leave);
    }

    /// Adds data with `leave` and wakes the reader if `leave` returns true.
    pub fn put_and_maybe_wake(&self, leave: impl FnOnce(&mut T) -> bool) {
        self.handoff.put_and_maybe_wake(leave);
    }

    /// Takes everything. A reader that then finds the inbox stopped takes once more, to get the data added
    /// before the stop.
    pub fn take(&self) -> T {
        self.handoff.take()
    }

    pub fn waker(&self) -> &W {
        self.handoff.waker()
    }

    /// Tells the reader to stop, and wakes it.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.handoff.wake.wake();
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

/// Merges wake-ups into one where each has a cost.
#[derive(Debug)]
pub struct WakeOnce {
    /// Whether a wake-up is on its way.
    is_pending: AtomicBool,
}

impl Default for WakeOnce {
    fn default() -> Self {
        WakeOnce { is_pending: AtomicBool::new(false) }
    }
}

impl WakeOnce {
    /// Whether the caller must send the wake-up. False when one is on its way already.
    pub fn must_wake(&self) -> bool {
        !self.is_pending.swap(true, Ordering::AcqRel)
    }

    /// The wake-up has come: data from now on needs another one. Called before anything is taken.
    pub fn arrived(&self) {
        self.is_pending.store(false, Ordering::Release);
    }
}

#[cfg(all(test, orgcache_loom))]
mod loom_tests {
    use super::*;
    use loom::sync::{Arc, Notify};
    use loom::thread;

    #[derive(Default)]
    struct MergingWaker {
        once: WakeOnce,
        notify: StoredWakeUp,
    }

    /// Keeps a wake-up until a thread waits, as the real wakers do. loom reports a thread that waits for ever.
    struct StoredWakeUp(Notify);

    impl Default for StoredWakeUp {
        fn default() -> Self {
            StoredWakeUp(Notify::new())
        }
    }

    impl Wake for StoredWakeUp {
        fn wake(&self) {
            self.0.notify();
        }
    }

    impl Wake for Arc<MergingWaker> {
        fn wake(&self) {
            if self.once.must_wake() {
                self.notify.wake();
            }
        }
    }

    type Numbers = Vec<u32>;

    #[test]
    fn loom_what_two_threads_put_into_a_handoff_is_found_by_who_waits_to_be_woken() {
        loom::model(|| {
            let handoff = Arc::new(Handoff::<Numbers, StoredWakeUp>::new(StoredWakeUp::default()));
            for number in [1, 2] {
                let handoff = handoff.clone();
                thread::spawn(move || handoff.put(|left| left.push(number)));
            }
            let mut taken = Vec::new();
            while taken.len() < 2 {
                handoff.waker().0.wait();
                taken.append(&mut handoff.take());
            }
        });
    }

    #[test]
    fn loom_a_wake_up_for_the_first_of_what_is_left_is_enough() {
        loom::model(|| {
            let handoff = Arc::new(Handoff::<Numbers, StoredWakeUp>::new(StoredWakeUp::default()));
            for number in [1, 2] {
                let handoff = handoff.clone();
                thread::spawn(move || {
                    handoff.put_and_maybe_wake(|left| {
                        left.push(number);
                        left.len() == 1
                    });
                });
            }
            let mut taken = 0;
            while taken < 2 {
                handoff.waker().0.wait();
                taken += handoff.take().len();
            }
        });
    }

    #[test]
    fn loom_who_is_told_to_stop_does_and_finds_all_that_was_put_before() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::<Numbers, StoredWakeUp>::new(StoredWakeUp::default()));
            let theirs = inbox.clone();
            thread::spawn(move || {
                theirs.put(|left| left.push(1));
                theirs.put(|left| left.push(2));
                theirs.stop();
            });
            let mut taken = Vec::new();
            while !inbox.is_stopped() {
                inbox.waker().0.wait();
                taken.append(&mut inbox.take());
            }
            taken.append(&mut inbox.take());
            assert_eq!(taken, [1, 2]);
        });
    }

    #[test]
    fn loom_one_waker_for_two_handoffs_leaves_nothing_without_a_wake_up() {
        loom::model(|| {
            let waker = Arc::new(MergingWaker::default());
            let handoffs = [1, 2].map(|number| {
                let handoff = Arc::new(Handoff::<Numbers, Arc<MergingWaker>>::new(waker.clone()));
                let theirs = handoff.clone();
                thread::spawn(move || theirs.put(|left| left.push(number)));
                handoff
            });
            let mut taken = 0;
            while taken < 2 {
                waker.notify.0.wait();
                waker.once.arrived();
                taken += handoffs.iter().map(|handoff| handoff.take().len()).sum::<usize>();
            }
        });
    }

    #[test]
    fn loom_of_two_wake_ups_before_an_arrival_one_is_sent() {
        loom::model(|| {
            let once = Arc::new(WakeOnce::default());
            let other = once.clone();
            let theirs = thread::spawn(move || other.must_wake());
            let ours = once.must_wake();
            assert!(ours ^ theirs.join().unwrap());
            once.arrived();
            assert!(once.must_wake());
        });
    }
}
