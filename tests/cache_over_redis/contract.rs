//! The store contract, fulfilled by calls of the package's own surface.
//!
//! Each behaviour is a test of its own. The surface takes keys and organizations as texts, always sets a
//! lifetime, and gets the organization with every call. The store below adapts that to the contract.

use std::collections::HashMap;
use std::time::Duration;

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::error::{Error, ErrorCode, Result};
use orgcache::redis::Outcome;
use orgcache::store::contract::{Behaviour, Entries, Store, Write, behaviours};

use super::client::{Client, Reply};

/// A lifetime longer than any test.
const LASTING: Duration = Duration::from_secs(3600);
/// A margin for Redis's own clock.
const CLOCK_SLACK: Duration = Duration::from_millis(20);
/// Values of the surface are JSON, which is never empty and never begins with a NUL.
const VALUE_MARK: u8 = b'"';

struct RedisStore {
    client: Client,
    owners: HashMap<Vec<u8>, Option<String>>,
}

impl RedisStore {
    fn new(prefix: &str) -> Self {
        RedisStore { client: Client::connect(prefix), owners: HashMap::new() }
    }

    fn with_key<R>(&mut self, key: &[u8], act: impl FnOnce(&mut Client, CacheKey<'_>) -> R) -> R {
        let name = name_of(key);
        let organization = self.owners.get(key).and_then(|owner| owner.as_deref());
        act(&mut self.client, CacheKey::Managed { name: &name, organization })
    }

    /// Remembers the owner that a write names, for later calls.
    fn remember(&mut self, key: &[u8], write: Write<'_>) {
        let owner = write.organization.map(|name| text(name).to_owned());
        self.owners.insert(key.to_vec(), owner);
    }

    /// The lifetime for a field without one: the hash's own, if there is a hash.
    fn remaining(&mut self, key: &[u8]) -> Duration {
        self.with_key(key, |client, key| {
            let mut bytes = Vec::new();
            key.append_key(client.core().keys(), &mut bytes).unwrap();
            if client.command(&[b"TYPE", &bytes]) != Reply::Text(b"hash".to_vec()) {
                return LASTING;
            }
            Duration::from_millis(client.integer(&[b"PTTL", &bytes]).try_into().unwrap())
        })
    }
}

impl Store for RedisStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        value(self.with_key(key, |client, key| client.call(&Call::Get { key })))
    }

    fn set(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        self.remember(key, write);
        let (json, ttl_seconds) = (json(value), seconds(write.ttl.unwrap_or(LASTING)));
        flag(self.with_key(key, |client, key| {
            client.call(&Call::Set { key, json: &json, ttl_seconds, unacknowledged: Unacknowledged::Journal })
        }))
    }

    /// The surface has no such call yet, so raw commands write what it would write.
    fn set_if_absent(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        self.owners.entry(key.to_vec()).or_insert_with(|| write.organization.map(|n| text(n).to_owned()));
        let ttl = write.ttl.unwrap_or(LASTING).as_millis().to_string();
        Ok(self.with_key(key, |client, key| {
            let (mut bytes, mut index) = (Vec::new(), Vec::new());
            key.append_key(client.core().keys(), &mut bytes).unwrap();
            key.append_index(client.core().keys(), &mut index).unwrap();
            let set = client.command(&[b"SET", &bytes, &json(value), b"NX", b"PX", ttl.as_bytes()]);
            if set == Reply::Nothing {
                return false;
            }
            client.command(&[b"ZADD", &index, b"+inf", &bytes]);
            true
        }))
    }

    fn delete(&mut self, key: &[u8]) -> Result<bool> {
        flag(self.with_key(key, |client, key| client.call(&Call::Delete { key })))
    }

    fn hash_get(&mut self, key: &[u8], field: &[u8]) -> Result<Option<Vec<u8>>> {
        value(self.with_key(key, |client, key| client.call(&Call::HashGet { key, field })))
    }

    fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        self.remember(key, write);
        let ttl = write.ttl.unwrap_or_else(|| self.remaining(key));
        let json = json(value);
        flag(self.with_key(key, |client, key| {
            client.call(&Call::HashSet { key, field, json: &json, ttl_seconds: seconds(ttl) })
        }))
    }

    fn hash_delete(&mut self, key: &[u8], field: &[u8]) -> Result<bool> {
        flag(self.with_key(key, |client, key| client.call(&Call::HashDelete { key, field })))
    }

    fn hash_entries(&mut self, key: &[u8]) -> Result<Option<Entries>> {
        match self.with_key(key, |client, key| client.call(&Call::HashEntries { key })) {
            Outcome::Entries(entries) if entries.is_empty() => Ok(None),
            Outcome::Entries(entries) => {
                Ok(Some(entries.into_iter().map(|(field, json)| (field, bare(&json))).collect()))
            }
            other => Err(unexpected(&other)),
        }
    }

    fn clear_organization(&mut self, organization: &[u8]) -> Result<usize> {
        match self.client.call(&Call::ClearOrganization { organization: Some(text(organization)) }) {
            Outcome::Integer(removed) => Ok(removed.try_into().unwrap()),
            other => Err(unexpected(&other)),
        }
    }

    fn advance(&mut self, time: Duration) {
        std::thread::sleep(time + CLOCK_SLACK);
    }
}

/// Converts a key of any bytes to a text that the surface takes.
fn name_of(key: &[u8]) -> String {
    key.iter().fold("k".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

fn text(name: &[u8]) -> &str {
    std::str::from_utf8(name).expect("the contract's organizations have names")
}

fn seconds(ttl: Duration) -> Option<f64> {
    Some(ttl.as_secs_f64())
}

/// The waiting keys with their tickets, in the order of handing out. `handed_out` has the others.
fn json(value: &[u8]) -> Vec<u8> {
    match value.first() {
        None | Some(&(0 | VALUE_MARK)) => [&[VALUE_MARK], value].concat(),
        _ => value.to_vec(),
    }
}

fn bare(json: &[u8]) -> Vec<u8> {
    json.strip_prefix(&[VALUE_MARK]).unwrap_or(json).to_vec()
}

fn value(outcome: Outcome<'_>) -> Result<Option<Vec<u8>>> {
    match outcome {
        Outcome::Json(json) => Ok(Some(bare(&json))),
        Outcome::Null => Ok(None),
        other => Err(unexpected(&other)),
    }
}

fn flag(outcome: Outcome<'_>) -> Result<bool> {
    match outcome {
        Outcome::Boolean(flag) => Ok(flag),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(outcome: &Outcome<'_>) -> Error {
    Error::new(ErrorCode::Reply, format!("an outcome that no such call has: {outcome:?}"))
}

fn check(name: &str) {
    let Behaviour { check, .. } =
        behaviours().find(|behaviour| behaviour.name == name).expect("the contract has this behaviour");
    check(&mut RedisStore::new(name));
}

/// Generates one test for each behaviour, and one that finds a behaviour without a test.
macro_rules! local_state {
    ($($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { check(stringify!($name)); })+

        #[test]
        fn every_behaviour_of_the_contract_has_its_test() {
            let tested = [$(stringify!($name)),+];
            let missing: Vec<_> =
                behaviours().map(|behaviour| behaviour.name).filter(|name| !tested.contains(name)).collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
    };
}

local_state![
    a_value_that_was_set_is_answered,
    a_key_that_was_never_set_has_nothing,
    setting_again_overwrites,
    an_empty_value_is_a_value,
    keys_and_values_may_hold_any_bytes,
    a_value_of_sixteen_mebibytes_is_kept,
    a_value_goes_when_its_ttl_ends,
    setting_again_starts_the_ttl_anew,
    setting_again_without_a_ttl_takes_it_away,
    deleting_says_whether_there_was_something,
    an_expired_value_is_nothing_to_delete,
    set_if_absent_keeps_what_is_there,
    set_if_absent_sets_where_a_value_has_expired,
    set_if_absent_gives_its_value_a_ttl,
    a_field_that_was_set_is_answered,
    fields_and_their_values_may_hold_any_bytes,
    all_fields_are_listed_once,
    a_hash_that_was_never_set_lists_nothing,
    deleting_a_field_says_whether_it_was_there,
    deleting_the_last_field_deletes_the_hash,
    deleting_a_hash_deletes_its_fields,
    a_field_refreshes_the_ttl_of_the_whole_hash,
    a_field_without_a_ttl_leaves_the_ttl_of_the_hash,
    a_hash_goes_with_all_its_fields_when_its_ttl_ends,
    reading_a_hash_as_a_value_is_a_miss,
    reading_a_value_as_a_hash_is_a_miss,
    setting_a_value_replaces_a_hash,
    setting_a_field_replaces_a_value_and_its_ttl,
    set_if_absent_keeps_a_hash,
    clearing_an_organization_takes_all_that_is_its_own,
    clearing_an_organization_leaves_all_others_and_the_global_values,
    clearing_an_organization_takes_its_hashes,
    clearing_an_organization_of_which_nothing_is_held_takes_nothing,
    clearing_twice_takes_nothing_the_second_time,
    names_that_look_like_patterns_name_one_organization_only,
    what_was_deleted_or_set_again_is_counted_once,
    a_cleared_organization_can_be_filled_again,
    what_set_if_absent_wrote_is_cleared_too,
    what_has_expired_does_not_come_back_as_another_organizations,
];
