//! A slot on its way: one node has it and another carries a request out, or does not.

use super::{AGAIN_AFTER, Cluster, FIRST, Role, SECOND, shard};
use crate::cache::{CacheKey, Call, Unacknowledged};
use crate::features::RoomCall;
use crate::redis;

const LEAD: CacheKey<'_> = CacheKey::PhoneToLead { phone: "2" };
const LISTED: CacheKey<'_> = CacheKey::Managed { name: "k", organization: Some("org") };
const OLD: &[u8] = b"\"v1\"";
const NEW: &[u8] = b"\"v2\"";

const OLD_FOUND: &str = "$4\r\n\"v1\"\r\n";
const WRITTEN: &str = "+OK\r\n";
const LISTED_WRITTEN: &str = "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:1\r\n:9000000000000\r\n";
const TRY_AGAIN: &str = "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
const DOWN: &str = "-CLUSTERDOWN Hash slot not served\r\n";

impl Cluster {
    fn set(&mut self, key: CacheKey<'_>, json: &[u8]) -> usize {
        self.call(
            1,
            &redis::Call::Room(RoomCall::Cache(Call::Set {
                key,
                json,
                ttl_seconds: None,
                unacknowledged: Unacknowledged::Journal,
            })),
        );
        self.asked()
    }

    fn get(&mut self, key: CacheKey<'_>) {
        self.call(2, &redis::Call::Room(RoomCall::Cache(Call::Get { key })));
    }

    fn clear(&mut self) -> usize {
        self.call(
            3,
            &redis::Call::Room(RoomCall::Cache(Call::ClearOrganization { organization: Some("org") })),
        );
        self.asked()
    }

    /// The node that was asked last.
    fn asked(&mut self) -> usize {
        self.sent().last().map(|(node, _)| *node).unwrap()
    }

    fn ask(&mut self, node: usize, other: usize) {
        self.reply(node, format!("-ASK 1 127.0.0.1:{}\r\n", other + 1));
        assert_eq!(self.asked(), other);
    }

    fn give_all_slots_to(&mut self, node: usize) {
        let slots = |of: usize| if of == node { vec![FIRST, SECOND] } else { Vec::new() };
        self.view(vec![shard(1, &slots(0)), shard(2, &slots(1))]);
    }

    fn outcome(&mut self) -> String {
        let mut settled = self.settled();
        assert_eq!(settled.len(), 1, "{settled:?}");
        settled.remove(0).1
    }

    /// A clearing that Redis has not carried out: the journal has it.
    fn clear_later(&mut self) -> usize {
        let owner = self.clear();
        self.reply(owner, DOWN);
        assert_eq!(self.outcome(), "Integer(0)");
        // The journal's own attempt.
        self.reply(owner, TRY_AGAIN);
        owner
    }

    fn write_listed(&mut self) {
        let owner = self.set(LISTED, OLD);
        self.reply(owner, LISTED_WRITTEN);
        assert_eq!(self.outcome(), "Boolean(true)");
    }
}

/// A value that its owner has, and the owner and the other node.
fn written() -> (Cluster, usize, usize) {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.set(LEAD, OLD);
    cluster.reply(owner, WRITTEN);
    assert_eq!(cluster.outcome(), "Boolean(true)");
    (cluster, owner, 1 - owner)
}

#[test]
fn a_write_that_the_other_node_left_unanswered_is_what_the_owner_answers() {
    let (mut cluster, owner, other) = written();
    cluster.set(LEAD, NEW);
    cluster.ask(owner, other);
    cluster.reply(other, format!("{WRITTEN}{DOWN}"));
    assert_eq!(cluster.outcome(), "Boolean(true)", "the journal has it");
    cluster.get(LEAD);
    cluster.reply(owner, OLD_FOUND);
    assert_eq!(cluster.outcome(), "\"v2\"");
}

#[test]
fn a_write_that_the_other_node_carried_out_is_what_the_owners_memory_answers() {
    let (mut cluster, owner, other) = written();
    cluster.set(LEAD, NEW);
    cluster.ask(owner, other);
    cluster.reply(other, format!("{WRITTEN}{WRITTEN}"));
    assert_eq!(cluster.outcome(), "Boolean(true)");
    cluster.get(LEAD);
    cluster.reply(owner, DOWN);
    assert_eq!(cluster.outcome(), "\"v2\"");
}

#[test]
fn a_write_that_was_under_way_when_its_slot_moved_is_what_the_new_owner_answers() {
    let (mut cluster, owner, other) = written();
    cluster.set(LEAD, NEW);
    cluster.give_all_slots_to(other);
    cluster.reply(owner, DOWN);
    assert_eq!(cluster.outcome(), "Boolean(true)", "the journal has it");
    cluster.get(LEAD);
    cluster.reply(other, OLD_FOUND);
    assert_eq!(cluster.outcome(), "\"v2\"");
}

#[test]
fn memory_does_not_answer_what_another_node_may_have_changed_while_it_had_the_slot() {
    let (mut cluster, owner, other) = written();
    cluster.give_all_slots_to(other);
    assert_eq!(cluster.set(LEAD, NEW), other);
    cluster.reply(other, WRITTEN);
    assert_eq!(cluster.outcome(), "Boolean(true)");
    cluster.give_all_slots_to(owner);
    cluster.get(LEAD);
    cluster.reply(owner, DOWN);
    assert_eq!(cluster.outcome(), "Null");
}

#[test]
fn what_is_written_before_the_replay_of_a_clearing_begins_is_not_missed() {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.clear();
    cluster.now += cluster.router.front.config().command_timeout - AGAIN_AFTER / 2;
    cluster.reply(owner, TRY_AGAIN);
    assert_eq!(cluster.outcome(), "Integer(0)", "the journal has it");
    cluster.write_listed();
    cluster.get(LISTED);
    cluster.reply(owner, format!("{TRY_AGAIN}{OLD_FOUND}"));
    assert_eq!(cluster.outcome(), "\"v1\"");
}

#[test]
fn what_is_written_after_a_clearing_is_not_missed_when_their_slot_moves() {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.clear_later();
    cluster.write_listed();
    cluster.give_all_slots_to(1 - owner);
    cluster.get(LISTED);
    cluster.reply(1 - owner, OLD_FOUND);
    assert_eq!(cluster.outcome(), "\"v1\"");
}

#[test]
fn what_is_written_after_a_clearing_is_not_missed_on_the_next_connection() {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.clear_later();
    cluster.write_listed();
    cluster.reconnect(owner);
    cluster.get(LISTED);
    cluster.reply(owner, format!("{TRY_AGAIN}{OLD_FOUND}"));
    assert_eq!(cluster.outcome(), "\"v1\"");
}

#[test]
fn what_is_written_between_two_clearings_is_missed() {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.clear_later();
    cluster.write_listed();
    assert_eq!(cluster.clear(), owner);
    cluster.reply(owner, DOWN);
    assert_eq!(cluster.outcome(), "Integer(1)");
    cluster.get(LISTED);
    assert_eq!(cluster.outcome(), "Null");
}

#[test]
fn what_follows_from_a_reply_of_a_node_that_takes_a_slot_over_goes_behind_asking_too() {
    let mut cluster = Cluster::new(Role::Shared);
    let owner = cluster.clear();
    let other = 1 - owner;
    cluster.ask(owner, other);
    // One page is deleted, and five entries are left.
    cluster.reply(other, "+OK\r\n*2\r\n:1000\r\n:5\r\n");
    let (node, words) = cluster.sent().last().cloned().unwrap();
    assert!(node == other && words.starts_with("ASKING EVAL "), "{words}");
    cluster.reply(other, "+OK\r\n*2\r\n:5\r\n:0\r\n");
    assert_eq!(cluster.outcome(), "Integer(1005)");
}
