//! The steps that every store of sessions must carry out alike, as a suite of tests.
//!
//! A test wraps its store in [`Store`]. `check_all` makes a fresh, empty store for every promise and panics with the names of
//! those that are not kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::user::{Part, User};
use super::record::{Head, Stored};
use super::requests::{Bounds, Entries, Rotation, append_directory, append_list, append_page, append_rotate};

type Hash = [u8; 16];

mod user;

/// A store under test, with requests and replies as a server has them.
pub trait Store {
    fn run(&mut self, request: &[u8]) -> Vec<u8>;
    /// Lets time pass for the sessions of a user.
    fn pass(&mut self, key: &[u8], ms: i64);
}

const KEY: &[u8] = b"{user}";
const SLACK: i64 = 1_000;
const LONG: Bounds = Bounds { idle_ms: 60_000, life_ms: 600_000, most: 0, evicts: true };
const ABOUT: &[u8] = b"{\"userId\":\"u\"}";
const A: Hash = [b'a'; 16];
const B: Hash = [b'b'; 16];
const C: Hash = [b'\n'; 16];
const D: Hash = [0; 16];

macro_rules! promises {
    ($($name:ident($user:ident) $body:block)+) => {
        $(fn $name(store: &mut dyn Store) {
            #[allow(unused_mut)]
            let mut $user = User(store);
            $body
        })+

        const PROMISES: &[(&str, fn(&mut dyn Store))] = &[$((stringify!($name), $name),)+];
    };
}

promises! {
    a_session_is_read_as_it_was_created(user) {
        let (now, reply) = user.create_all(&[(A, LONG)], &[]);
        assert_eq!(reply, [Part::Number(1)]);
        let (head, data) = user.record(A).unwrap();
        let expected = Head { created: now, touched: now, idle: 60_000, end: now + 600_000, authenticated: now, version: 1 };
        assert_eq!((head, &data[..]), (expected, &b"{\"n\":1}"[..]));
        assert!(!user.has(B));
    }

    the_same_creation_again_changes_nothing(user) {
        user.create(A);
        assert_eq!(user.update(A, 1, b"{\"n\":2}")[0], Part::Number(1));
        user.create(A);
        assert_eq!(user.record(A).unwrap().1, b"{\"n\":2}");
    }

    ended_sessions_that_a_creation_meets_go(user) {
        user.create_with(A, Bounds { idle_ms: 1_000, ..LONG });
        user.create_with(B, Bounds { life_ms: 1_500, idle_ms: 1_500, ..LONG });
        user.create(C);
        user.pass(2_001);
        user.create(D);
        assert!(!user.has(A) && !user.has(B) && user.has(C));
    }

    the_oldest_session_goes_where_a_user_has_all_of_them(user) {
        let two = Bounds { most: 2, ..LONG };
        user.create_with(A, two);
        user.pass(10);
        user.create_with(B, two);
        user.pass(10);
        assert_eq!(user.create_with(C, two), Part::List(vec![Part::Bytes(A.to_vec())]));
        assert!(!user.has(A) && user.has(B) && user.has(C));
        assert_eq!(user.create_with(D, Bounds { evicts: false, ..two }), Part::Number(0));
        assert!(!user.has(D));
        // The same creation again takes no place.
        assert_eq!(user.create_with(C, Bounds { evicts: false, ..two }), Part::Number(1));
    }

    sessions_that_are_created_in_one_step_count_one_after_the_other(user) {
        let two = Bounds { most: 2, ..LONG };
        let (_, reply) = user.create_all(&[(A, two), (B, two), (A, two), (C, two)], &[]);
        let [Part::Number(1), Part::Number(1), Part::Number(1), Part::List(gone)] = &reply[..] else { panic!("{reply:?}") };
        // Both are of the same millisecond.
        assert_eq!((gone.len(), [A, B, C].iter().filter(|hash| user.has(**hash)).count()), (1, 2));
        assert!(user.has(C));
        let none = Bounds { evicts: false, ..two };
        assert_eq!(user.create_all(&[(D, none), (C, none)], &[]).1, [Part::Number(0), Part::Number(1)]);
    }

    users_enter_directories_in_the_step_that_creates_their_sessions(user) {
        let entries = |key: &[u8], users: &[(i64, [u8; 9])]| Entries { key: key.to_vec(), users: users.to_vec() };
        let directories = [entries(b"{user}:i1", &[(600_000, [1; 9]), (1_000, [2; 9])]), entries(b"{user}:o", &[(600_000, [1; 9])])];
        user.create_all(&[(A, LONG)], &directories);
        let mut counts = || [b"{user}:i1".as_slice(), b"{user}:o"].map(|key| user.ask(|out| append_directory(key, b"", 0, out)));
        assert_eq!(counts(), [Part::Number(2), Part::Number(1)]);
        // The same call again.
        user.create_all(&[(A, LONG)], &directories);
        let mut counts = || [b"{user}:i1".as_slice(), b"{user}:o"].map(|key| user.ask(|out| append_directory(key, b"", 0, out)));
        assert_eq!(counts(), [Part::Number(2), Part::Number(1)]);
    }

    sessions_end_in_one_step_each_for_itself(user) {
        user.create(A);
        user.create(B);
        user.create(D);
        assert_eq!(user.destroy_all(&[A, C, B, A]), [1, 0, 1, 0].map(Part::Number));
        assert!(!user.has(A) && !user.has(B) && user.has(D));
    }

    ended_sessions_take_no_place(user) {
        let one = Bounds { most: 1, evicts: false, idle_ms: 1_000, ..LONG };
        user.create_with(A, one);
        user.pass(1_000);
        assert_eq!(user.create_with(B, one), Part::Number(0));
        user.pass(1_001);
        assert_eq!(user.create_with(B, one), Part::Number(1));
        assert!(!user.has(A));
    }

    an_alias_takes_no_place(user) {
        let one = Bounds { most: 1, ..LONG };
        user.create_with(A, one);
        user.rotate(A, B, Some(&[1; 16]));
        user.pass(10);
        assert_eq!(user.create_with(C, one), Part::List(vec![Part::Bytes(B.to_vec())]));
    }

    a_touch_prolongs_what_lives_and_nothing_else(user) {
        user.create_with(A, Bounds { idle_ms: 1_000, ..LONG });
        let before = user.record(A).unwrap().0;
        user.pass(900);
        assert!(user.touch(A));
        user.pass(900);
        assert!(user.touch(A));
        let after = user.record(A).unwrap().0;
        assert!(after.touched - after.created >= 1_800 && after.end - after.created == before.end - before.created);
        assert_eq!(after.version, 1);
        user.pass(2_001);
        assert!(!user.touch(A) && !user.touch(B));
        assert!(!user.has(B));
    }

    a_touched_session_ends_at_its_absolute_end(user) {
        user.create_with(A, Bounds { idle_ms: 1_000, life_ms: 2_500, ..LONG });
        for _ in 0..2 {
            user.pass(1_000);
            assert!(user.touch(A));
        }
        user.pass(501);
        assert!(!user.touch(A));
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(0)]);
    }

    an_update_replaces_the_version_that_was_read(user) {
        user.create(A);
        user.pass(500);
        let reply = user.update(A, 1, b"{\"n\":\"\0\n\"}");
        let [Part::Number(1), Part::Bytes(line)] = &reply[..] else { panic!("{reply:?}") };
        let (head, data) = user.record(A).unwrap();
        assert_eq!(line, head.text().as_bytes());
        assert_eq!((head.version, &data[..]), (2, &b"{\"n\":\"\0\n\"}"[..]));
        assert!(head.touched - head.created >= 500);
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(2)]);
        assert_eq!(user.record(A).unwrap().1, data);
    }

    an_update_never_creates(user) {
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(0)]);
        user.create(A);
        user.destroy(A);
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(0)]);
        user.create(A);
        user.revoke(0, &[], 0);
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(0)]);
        assert!(!user.has(A));
    }

    parallel_rotations_agree_on_one_successor(user) {
        user.create(A);
        let before = user.record(A).unwrap();
        let first = user.rotate(A, B, Some(&[1; 16]));
        assert_eq!(first[0], Part::Number(1));
        let second = user.rotate(A, C, Some(&[2; 16]));
        let [Part::Number(2), Part::Bytes(record), Part::Bytes(alias)] = &second[..] else { panic!("{second:?}") };
        assert_eq!(Part::Bytes(record.clone()), first[1]);
        let Some(Stored::Alias(alias)) = Stored::parse(alias) else { panic!("no alias") };
        assert_eq!((alias.successor, alias.nonce), (B, [1; 16]));
        assert!(user.is_alias(A) && !user.has(C));
        let after = user.record(B).unwrap();
        assert_eq!((after.0.created, after.0.end, after.0.version), (before.0.created, before.0.end, 1));
        assert_eq!((after.0.authenticated, &after.1), (before.0.authenticated, &before.1));
    }

    a_rotation_of_an_old_alias_tells_the_whole_way(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        user.rotate(B, C, Some(&[2; 16]));
        let reply = user.rotate(A, D, Some(&[3; 16]));
        assert_eq!((reply.len(), reply[0].clone()), (4, Part::Number(2)));
        assert!(!user.has(D));
    }

    an_update_and_a_touch_go_to_the_successor(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        assert_eq!(user.update(A, 1, b"{\"n\":7}")[0], Part::Number(1));
        assert!(user.touch(A));
        assert_eq!(user.record(B).unwrap().1, b"{\"n\":7}");
        assert!(user.is_alias(A));
    }

    an_alias_ends_with_its_grace(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        user.pass(30_001);
        assert_eq!(user.update(A, 1, b"{}"), [Part::Number(0)]);
        assert!(!user.touch(A) && user.touch(B));
        assert_eq!(user.rotate(A, C, Some(&[1; 16])), [Part::Number(0)]);
    }

    a_rotation_with_proof_ends_the_old_id_and_every_alias_on_the_way(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        user.pass(100);
        let reply = user.rotate(A, C, None);
        assert_eq!(reply[0], Part::Number(1));
        assert!(!user.has(A) && !user.has(B));
        let head = user.record(C).unwrap().0;
        assert!(head.authenticated >= head.created + 100);
        // The same call again finds its own successor; another one nothing.
        assert_eq!(user.rotate(A, C, None)[0], Part::Number(1));
        assert_eq!(user.rotate(A, D, None), [Part::Number(0)]);
    }

    a_rotation_may_bring_new_data(user) {
        user.create(A);
        let rotation = Rotation {
            from: &A,
            to: &B,
            nonce: Some(&[1; 16]),
            grace_ms: 1_000,
            is_authenticated: false,
            data: Some(b"{\"n\":9}"),
        };
        user.list(|out| append_rotate(KEY, &rotation, SLACK, out));
        let (head, data) = user.record(B).unwrap();
        assert_eq!((head.version, &data[..]), (2, &b"{\"n\":9}"[..]));
    }

    a_rotation_of_nothing_makes_nothing(user) {
        assert_eq!(user.rotate(A, B, Some(&[1; 16])), [Part::Number(0)]);
        assert_eq!(user.rotate(A, B, None), [Part::Number(0)]);
        user.create_with(A, Bounds { idle_ms: 1_000, ..LONG });
        user.pass(2_001);
        assert_eq!(user.rotate(A, B, Some(&[1; 16])), [Part::Number(0)]);
        assert!(!user.has(B));
    }

    a_session_is_destroyed_once_and_behind_an_alias_with_its_successor(user) {
        user.create(A);
        user.create(D);
        user.rotate(A, B, Some(&[1; 16]));
        user.rotate(B, C, Some(&[1; 16]));
        assert_eq!(user.destroy(A), Part::Number(3));
        assert!(!user.has(A) && !user.has(B) && !user.has(C) && user.has(D));
        assert_eq!(user.destroy(A), Part::Number(0));
    }

    a_revocation_ends_all(user) {
        (0..30).for_each(|number| user.create([number; 16]));
        assert_eq!(user.revoke(0, &[], 0), 30);
        assert!((0..30).all(|number| !user.has([number; 16])));
        assert_eq!(user.revoke(0, &[], 0), 0);
    }

    a_revocation_keeps_what_is_excepted_and_its_successor(user) {
        [A, D].into_iter().for_each(|hash| user.create(hash));
        user.rotate(A, B, Some(&[1; 16]));
        assert_eq!(user.revoke(0, &[A], 0), 1);
        assert!(user.is_alias(A) && user.record(B).is_some() && !user.has(D));
        assert_eq!(user.revoke(0, &[B], 0), 1);
        assert!(!user.has(A) && user.has(B));
        user.pass(30_000);
        assert!(user.touch(B));
    }

    a_late_revocation_ends_what_was_created_before_it(user) {
        user.create(A);
        user.create(B);
        user.rotate(B, C, Some(&[1; 16]));
        user.pass(1_000);
        user.create(D);
        assert_eq!(user.revoke(0, &[], 500), 3);
        assert!(!user.has(A) && !user.has(B) && !user.has(C) && user.has(D));
        // Rotated since: the alias stays with it.
        user.rotate(D, A, Some(&[1; 16]));
        assert_eq!(user.revoke(0, &[], 500), 0);
        assert!(user.is_alias(D) && user.has(A));
    }

    a_revocation_that_was_done_before_counts_by_the_servers_time(user) {
        user.create(A);
        let created = user.record(A).unwrap().0.created;
        assert_eq!(user.revoke(created - 1, &[], 600_000), 0);
        assert_eq!(user.revoke(created, &[], 600_000), 1);
    }

    sessions_are_listed_without_data_and_without_aliases(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        user.create_with(C, Bounds { idle_ms: 1_000, ..LONG });
        user.pass(2_001);
        let reply = user.list(|out| append_list(KEY, b"0", SLACK, false, out));
        let [Part::Bytes(cursor), Part::Bytes(hash), Part::Bytes(record)] = &reply[..] else { panic!("{reply:?}") };
        assert_eq!((&cursor[..], &hash[..]), (&b"0"[..], &B[..]));
        assert!(record.ends_with(b"\n{\"userId\":\"u\"}\n"));
        assert!(matches!(Stored::parse(record), Some(Stored::Record(record)) if record.data.is_empty()));
    }

    sessions_are_listed_with_their_data_where_it_is_asked_for(user) {
        user.create(A);
        user.rotate(A, B, Some(&[1; 16]));
        let reply = user.list(|out| append_list(KEY, b"0", SLACK, true, out));
        let [Part::Bytes(_), Part::Bytes(hash), Part::Bytes(record)] = &reply[..] else { panic!("{reply:?}") };
        assert_eq!((&hash[..], Some(record)), (&B[..], user.raw(B).as_ref()));
    }

    an_extension_moves_the_end_of_what_lives_and_of_nothing_else(user) {
        user.create_with(A, Bounds { idle_ms: 1_000, life_ms: 2_000, ..LONG });
        user.pass(900);
        assert!(user.extend(A, 60_000, Some(50_000)));
        let (head, data) = user.record(A).unwrap();
        assert!(head.touched - head.created >= 900);
        assert_eq!((head.end - head.touched, head.idle, head.version), (60_000, 50_000, 1));
        assert_eq!(data, b"{\"n\":1}");
        user.pass(40_000);
        assert!(user.extend(A, 1_000, None));
        assert_eq!(user.record(A).unwrap().0.idle, 50_000);
        user.pass(1_001);
        assert!(!user.extend(A, 60_000, None) && !user.extend(B, 60_000, None));
        assert!(!user.has(B));
    }

    an_extension_goes_to_the_successor_and_its_session_outlives_the_others(user) {
        user.create_with(A, Bounds { life_ms: 2_000, ..LONG });
        user.rotate(A, B, Some(&[1; 16]));
        assert!(user.extend(A, 60_000, Some(60_000)) && user.is_alias(A));
        user.pass(50_000);
        assert!(user.touch(B));
    }

    sessions_are_counted_and_what_has_ended_goes_where_that_is_asked_for(user) {
        assert_eq!(user.count(false), (0, 0));
        user.create_with(A, Bounds { idle_ms: 1_000, ..LONG });
        user.create(B);
        user.rotate(B, C, Some(&[1; 16]));
        assert_eq!(user.count(true), (2, 0));
        user.pass(30_001);
        assert_eq!(user.count(false), (1, 1));
        assert!(user.has(A) && user.has(B));
        assert_eq!(user.count(true), (1, 1));
        assert!(!user.has(A) && !user.has(B) && user.has(C));
        assert_eq!(user.count(true), (1, 0));
    }

    a_directory_counts_users_until_their_latest_end(user) {
        let mut enter = |name: &[u8], life| user.ask(|out| append_directory(b"{user}:d", name, life, out));
        assert_eq!(enter(b"", 0), Part::Number(0));
        assert_eq!(enter(b"paWlpaWlpaWl", 60_000), Part::Number(1));
        assert_eq!(enter(b"paWlpaWlpaWl", 1_000), Part::Number(1));
        assert_eq!(enter(b"paWlpaWlpaWm", 60_000), Part::Number(2));
        assert_eq!(enter(b"", 0), Part::Number(2));
        let page = user.list(|out| append_page(b"{user}:d", b"0", out));
        let [Part::Bytes(_), Part::List(entries)] = &page[..] else { panic!("{page:?}") };
        assert_eq!(entries.len(), 4);
        assert!(entries.contains(&Part::Bytes(b"paWlpaWlpaWl".to_vec())));
    }
}

/// Checks every promise on a store of its own. Panics once, with the names of all that are not kept.
///
/// # Panics
/// A promise is not kept.
pub fn check_all(make: &mut dyn FnMut(usize) -> Box<dyn Store>) {
    let mut broken = Vec::new();
    for (number, (name, check)) in PROMISES.iter().enumerate() {
        let mut store = make(number);
        if catch_unwind(AssertUnwindSafe(|| check(&mut *store))).is_err() {
            broken.push(*name);
        }
    }
    assert!(broken.is_empty(), "not kept: {}", broken.join(", "));
}

#[cfg(test)]
mod tests {
    use super::super::here::Here;
    use super::super::requests::{NewSession, append_create, append_read};
    use super::*;
    use crate::error::ErrorCode;

    struct Embedded {
        here: Here,
        now: i64,
    }

    impl Store for Embedded {
        fn run(&mut self, request: &[u8]) -> Vec<u8> {
            self.here.run(request, self.now).unwrap()
        }

        fn pass(&mut self, _key: &[u8], ms: i64) {
            self.now += ms;
        }
    }

    #[test]
    fn the_embedded_store_keeps_every_promise() {
        check_all(&mut |_| Box::new(Embedded { here: Here::new(1 << 20), now: 1_700_000_000_000 }));
    }

    fn creation(number: u32, data: &[u8]) -> Vec<u8> {
        let mut hash = [0; 16];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        let mut request = Vec::new();
        let key = format!("{{{}}}", number / 3);
        let session = NewSession { key: key.as_bytes(), hash, about: ABOUT, data, bounds: LONG };
        append_create(&[session], &[], SLACK, &mut request);
        request
    }

    #[test]
    fn nothing_outlives_its_sessions_and_every_byte_is_counted_back() {
        let mut here = Here::new(1 << 30);
        for number in 0..10_000u32 {
            here.run(&creation(number, b"{\"n\":1}"), i64::from(number)).unwrap();
            let mut enter = Vec::new();
            append_directory(b"i0", format!("user-{}", number / 3).as_bytes(), LONG.life_ms, &mut enter);
            here.run(&enter, i64::from(number)).unwrap();
        }
        assert!(here.bytes() > 10_000 * 100);
        let mut count = Vec::new();
        append_directory(b"i0", b"", 0, &mut count);
        assert_eq!(here.run(&count, LONG.life_ms + 10_000).unwrap(), b":0\r\n");
        assert_eq!(here.bytes(), 0);
    }

    #[test]
    fn what_has_no_room_is_not_created_and_what_is_there_stays() {
        let mut here = Here::new(10_000);
        let mut made = 0u32;
        let refused = loop {
            match here.run(&creation(made, &[b'x'; 500]), 1) {
                Ok(_) => made += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(refused.code(), ErrorCode::Overloaded);
        assert!(here.bytes() <= 10_000 && made > 5);
        let mut read = Vec::new();
        append_read(b"{0}", &[0; 16], &mut read);
        assert!(here.run(&read, 1).unwrap().starts_with(b"$5"));
    }
}
