//! Pushes, own writes and other answers against fills, in every interleaving that loom finds: `npm run test:loom`.
//!
//! A server holds one value, which grows. A watch thread fills the store from it, other threads write and read. Whatever
//! the order of their steps, nobody reads a value from the store that is older than one that was acknowledged to this
//! process or answered to it before.

use super::*;
use crate::sync::Mutex;
use loom::thread;
use std::sync::LazyLock;

const KEY: &str = "k";

/// loom runs the same code again and again: its times must not differ.
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What the server sends to the watch connection, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Reply(u8),
    Push,
}

#[derive(Debug, Default)]
struct Server {
    value: u8,
    /// The watch connection has read the value and was not told of a change since.
    is_tracked: bool,
    watched: Vec<Sent>,
}

/// What this process knows: the newest value that was acknowledged or answered to it.
#[derive(Clone)]
struct World {
    store: Arc<NearStore>,
    group: Group,
    server: Arc<Mutex<Server>>,
    known: Arc<Mutex<u8>>,
}

impl World {
    fn new() -> World {
        let store = Arc::new(NearStore::new(Options { max_bytes: 1 << 20, max_staleness: STALENESS }));
        store.begin_session(NODE);
        store.answered_ping(NODE, *NOW);
        World { group: store.group("g"), store, server: Arc::default(), known: Arc::default() }
    }

    fn change(&self) -> u8 {
        let mut server = self.server.lock();
        server.value += 1;
        if std::mem::take(&mut server.is_tracked) {
            server.watched.push(Sent::Push);
        }
        server.value
    }

    /// The caller hears of a value: from now on nobody reads an older one.
    fn heard(&self, value: u8) {
        let mut known = self.known.lock();
        *known = (*known).max(value);
    }

    fn write(&self) {
        let write = self.store.begin_write(Key::new(KEY.as_bytes()));
        let value = self.change();
        drop(write);
        self.heard(value);
    }

    fn read(&self) {
        let value = self.server.lock().value;
        self.store.answered(Key::new(KEY.as_bytes()), Some(&[value]), self.group, *NOW);
        self.heard(value);
    }

    /// A read that begins now answers nothing older than what was heard before.
    fn read_near(&self) {
        let known = *self.known.lock();
        if let Some(value) = self.store.get(Key::new(KEY.as_bytes()), *NOW) {
            assert!(value[0] >= known, "{} was read after {known} had been heard", value[0]);
            self.heard(value[0]);
        }
    }

    /// Asks for the value. The reply waits in the stream until `receive`.
    fn begin_fill(&self) -> Option<Fill> {
        let wish = Wish { key: KEY.as_bytes().into(), group: self.group, owner: Owner::NOBODY };
        let fill = self.store.begin_fill(wish, NODE, *NOW)?;
        let mut server = self.server.lock();
        server.is_tracked = true;
        let value = server.value;
        server.watched.push(Sent::Reply(value));
        Some(fill)
    }

    /// Takes everything that has been sent so far, in its order.
    fn receive(&self, fill: &mut Option<Fill>) {
        let sent = std::mem::take(&mut self.server.lock().watched);
        for sent in sent {
            match sent {
                Sent::Reply(value) => {
                    if let Some(fill) = fill.take() {
                        self.store.finish_fill(fill, Some(&[value]), FOREVER_MS);
                    }
                }
                Sent::Push => drop(self.store.invalidated(NODE, KEY.as_bytes())),
            }
        }
    }

    fn fill(&self) {
        let mut fill = self.begin_fill();
        self.receive(&mut fill);
    }
}

fn spawn(world: &World, run: impl FnOnce(World) + Send + 'static) -> thread::JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || run(world))
}

/// Three threads have too many interleavings. These are all in which threads are interrupted at most twice.
fn most_interleavings(run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(run);
}

#[test]
fn loom_no_read_after_an_acknowledged_own_write_finds_an_older_copy() {
    loom::model(|| {
        let world = World::new();
        let writer = spawn(&world, |world| {
            world.write();
            world.read_near();
        });
        world.fill();
        writer.join().unwrap();
        world.read_near();
    });
}

#[test]
fn loom_an_own_write_removes_the_copy_for_all_threads() {
    loom::model(|| {
        let world = World::new();
        world.fill();
        let writer = spawn(&world, |world| {
            world.write();
            world.read_near();
        });
        world.read_near();
        world.read_near();
        writer.join().unwrap();
        world.read_near();
    });
}

#[test]
fn loom_two_own_writes_that_overlap_let_no_fill_in_between() {
    most_interleavings(|| {
        let world = World::new();
        let writers = [0, 1].map(|_| {
            spawn(&world, |world| {
                world.write();
                world.read_near();
            })
        });
        world.fill();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        world.read_near();
    });
}

#[test]
fn loom_reads_do_not_go_back_where_another_connection_answered_something_newer_than_a_fill() {
    loom::model(|| {
        let world = World::new();
        let reader = spawn(&world, |world| {
            world.change();
            world.read();
            world.read_near();
        });
        world.fill();
        reader.join().unwrap();
        world.read_near();
    });
}

#[test]
fn loom_reads_do_not_go_back_to_a_copy_whose_push_is_on_its_way() {
    loom::model(|| {
        let world = World::new();
        world.fill();
        let reader = spawn(&world, |world| {
            world.change();
            world.read();
            world.read_near();
        });
        world.read_near();
        world.receive(&mut None);
        reader.join().unwrap();
        world.read_near();
    });
}

#[test]
fn loom_a_writer_a_reader_and_the_watch_connection_read_nothing_older_than_they_know() {
    most_interleavings(|| {
        let world = World::new();
        let writer = spawn(&world, |world| {
            world.write();
            world.read_near();
        });
        let reader = spawn(&world, |world| {
            world.read();
            world.read_near();
        });
        world.fill();
        writer.join().unwrap();
        reader.join().unwrap();
        world.read_near();
    });
}

#[test]
fn loom_a_push_that_arrives_leaves_nothing_of_what_was_read_before_it() {
    loom::model(|| {
        let world = World::new();
        let changer = spawn(&world, |world| {
            world.change();
        });
        let mut fill = world.begin_fill();
        world.receive(&mut fill);
        changer.join().unwrap();
        world.receive(&mut fill);
        let current = world.server.lock().value;
        if let Some(value) = world.store.get(Key::new(KEY.as_bytes()), *NOW) {
            assert_eq!(value[0], current);
        }
    });
}

#[test]
fn loom_a_fill_that_is_dropped_leaves_its_stripe_as_it_was() {
    loom::model(|| {
        let world = World::new();
        let writer = spawn(&world, |world| world.write());
        drop(world.begin_fill());
        writer.join().unwrap();
        let before = world.store.report(*NOW);
        world.server.lock().watched.clear();
        world.fill();
        assert_eq!((before.entries, world.store.report(*NOW).entries), (0, 1));
        world.read_near();
    });
}

#[test]
fn loom_no_copy_answers_after_its_owner_was_cleared() {
    loom::model(|| {
        let world = World::new();
        let clearing = spawn(&world, |world| {
            world.store.clear_owner(Owner::NOBODY);
            let value = world.change();
            world.store.clear_owner(Owner::NOBODY);
            world.heard(value);
            world.read_near();
        });
        world.fill();
        world.read_near();
        clearing.join().unwrap();
        world.read_near();
    });
}
