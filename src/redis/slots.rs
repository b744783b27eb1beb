//! Which slot of a cluster a request is for.

use crate::command::{PUBSUB, find, key_positions, slot_of};
use crate::lane::Arguments;

/// The slot of a request; `None` where it names no key.
pub fn slot_of_request(request: &[u8]) -> Option<u16> {
    let mut words = Arguments::new(request).peekable();
    // What stands in front of a transaction names none.
    if words.next_if(|word| *word == b"MULTI").is_none() {
        let words: Vec<&[u8]> = words.collect();
        return slot_of_command(&words);
    }
    // The words of the commands behind it are not told apart; a value and its index share a slot.
    let words: Vec<&[u8]> = words.collect();
    (1..=words.len()).find_map(|end| slot_of_command(&words[..end]))
}

/// The slot of the first key.
fn slot_of_command(words: &[&[u8]]) -> Option<u16> {
    routing_position(words).map(|position| slot_of(words[position]))
}

/// Where the first key is. Channels of sharded pub/sub are in slots too, and others are kept together.
pub fn routing_position(words: &[&[u8]]) -> Option<usize> {
    let mut first: Option<usize> = None;
    key_positions(words, |position| first = Some(first.map_or(position, |known| known.min(position))));
    if first.is_none() && words.len() > 1 && find(words).is_some_and(|command| command.is(PUBSUB)) {
        first = Some(1);
    }
    first
}
