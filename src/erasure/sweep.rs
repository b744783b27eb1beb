//! All places together: which of them a key belongs to, what is asked of Redis, and what this process forgets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::keeper::{Commands, Erased, Keeper, Mode, Place};
use super::scripts::ERASE_KEYS;
use crate::error::Result;

/// Stands for a key that no place has.
const NOBODY: char = '-';
/// Stands for the first place; the others follow.
const FIRST: u8 = b'a';

/// Every place of these keepers, each once, in the order in which the keepers name them.
pub fn all_places(keepers: &[Arc<dyn Keeper>]) -> Vec<Box<dyn Place + '_>> {
    let mut all: Vec<Box<dyn Place + '_>> = Vec::new();
    for place in keepers.iter().flat_map(|keeper| keeper.places()) {
        if all.iter().all(|known| known.name() != place.name()) {
            all.push(place);
        }
    }
    all
}

/// A letter for each key: the place among `all_places` that has it, or `-`.
pub fn owners<'k>(
    keepers: &[Arc<dyn Keeper>],
    organization: &str,
    keys: impl Iterator<Item = &'k [u8]>,
) -> String {
    let places = all_places(keepers);
    let owner = |key: &[u8]| places.iter().position(|place| place.owns(key, organization));
    keys.map(|key| owner(key).map_or(NOBODY, |position| char::from(FIRST + position as u8))).collect()
}

/// What a scan matches keys with: every key that may be the organization's, however its room writes the name. Letters and
/// digits stand for themselves in all of them.
pub fn pattern(organization: &str) -> String {
    let mut pattern = String::from("*");
    // A name that stands for something else has its first letter encoded.
    let mut letters = organization.chars();
    letters.next();
    let parts = letters.as_str().split(|letter: char| !letter.is_ascii_alphanumeric());
    for part in parts.filter(|part| !part.is_empty()) {
        pattern.push_str(part);
        pattern.push('*');
    }
    pattern
}

/// What is asked of Redis before all keys are looked at.
///
/// # Errors
/// `E_KEY` where the organization's name is too long.
pub fn steps(keepers: &[Arc<dyn Keeper>], organization: &str, mode: Mode) -> Result<Commands> {
    let mut commands = Commands::new();
    for keeper in keepers {
        commands.extend(keeper.commands(organization, mode)?);
    }
    Ok(commands)
}

/// The text of the script that erases keys which a scan has found.
pub fn keys_script() -> &'static [u8] {
    ERASE_KEYS
}

/// The command that erases or counts these keys of a place. They share a slot of a cluster.
pub fn keys_command(keys: &[Vec<u8>], mode: Mode, place: &str) -> Vec<Vec<u8>> {
    let mut command = vec![b"EVAL".to_vec(), ERASE_KEYS.to_vec(), keys.len().to_string().into_bytes()];
    command.extend(keys.iter().cloned());
    command.extend([mode.word().to_vec(), place.as_bytes().to_vec()]);
    command
}

/// Forgets what these clients keep in this process, and says how much that was, by place.
pub fn forget(
    keepers: &[Arc<dyn Keeper>],
    organization: &str,
    now: Instant,
) -> BTreeMap<&'static str, Erased> {
    let mut all = BTreeMap::new();
    for place in keepers.iter().flat_map(|keeper| keeper.places()) {
        let erased = place.forget(organization, now);
        let sum: &mut Erased = all.entry(place.name()).or_default();
        sum.entries += erased.entries;
        sum.bytes += erased.bytes;
    }
    all
}

/// How much these clients still keep in this process.
pub fn remaining(keepers: &[Arc<dyn Keeper>], organization: &str, now: Instant) -> u64 {
    keepers.iter().flat_map(|keeper| keeper.places()).map(|place| place.remaining(organization, now)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_name_however_it_is_written() {
        assert_eq!(pattern("acme"), "*cme*");
        assert_eq!(pattern("org 1"), "*rg*1*");
        assert_eq!(pattern("global"), "*lobal*");
        assert_eq!(pattern("a"), "*");
        assert_eq!(pattern("*[x]?"), "*x*");
    }
}
