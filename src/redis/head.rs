//! The word in front of a call's arguments: which call it is, and how it is meant. `js/protocol.js` writes it.

use super::arguments::misuse;
use super::reply_format::CommandOptions;
use crate::command;
use crate::error::Result;

/// A raw command.
pub const COMMAND: u8 = 0;
/// Raw commands that run as one transaction.
pub const TRANSACTION: u8 = 1;
/// The verbs of the rooms begin here: those of the first room, then those of the second, and so on.
pub const FIRST_ROOM_VERB: u8 = 2;

/// The bits of a verb. The two above them are flags, which mean what the room of the verb says.
const VERB_BITS: u8 = 0x3F;

/// The bits of a raw command's detail, and their names for JavaScript.
pub const COMMAND_FLAGS: [(u8, &str); 4] =
    [(BUFFERS, "buffers"), (PREFIXED, "prefixed"), (FLAT, "flat"), (STRING_NUMBERS, "stringNumbers")];
const BUFFERS: u8 = 1;
const PREFIXED: u8 = 2;
const FLAT: u8 = 4;
const STRING_NUMBERS: u8 = 8;

#[derive(Debug, Clone, Copy)]
pub struct Head {
    verb: u8,
    flags: u8,
    detail: u8,
    /// Number of arguments.
    pub count: usize,
    /// The number of a raw command; 0 where its name is its first argument.
    command: u16,
}

/// What a room is told of a call beside its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// A position in the room's list of verbs.
    pub verb: u8,
    /// The two highest bits of the verb's byte.
    pub flags: u8,
    pub detail: u8,
}

impl Head {
    pub fn new(word: u32, count: usize) -> Head {
        let byte = word as u8;
        Head {
            verb: byte & VERB_BITS,
            flags: byte & !VERB_BITS,
            detail: (word >> 8) as u8,
            count,
            command: (word >> 16) as u16,
        }
    }

    /// A word that has the number of arguments where a raw command has its own.
    pub fn with_count(word: u32) -> Head {
        Head::new(word, (word >> 16) as usize)
    }

    pub fn is_command(self) -> bool {
        self.verb == COMMAND
    }

    pub fn is_transaction(self) -> bool {
        self.verb == TRANSACTION
    }

    /// The name of a raw command, where it is none of the arguments.
    ///
    /// # Errors
    /// No command has the number.
    pub fn command_name(self) -> Result<Option<&'static [u8]>> {
        if self.command == 0 {
            return Ok(None);
        }
        let name = command::name_of(self.command)
            .ok_or_else(|| misuse("the bridge was given an unknown command"))?;
        Ok(Some(name.as_bytes()))
    }

    /// How a raw command is meant.
    pub fn options(self) -> CommandOptions {
        let has = |flag| self.detail & flag != 0;
        CommandOptions {
            as_buffers: has(BUFFERS),
            is_prefixed: has(PREFIXED),
            is_flat: has(FLAT),
            numbers_as_texts: has(STRING_NUMBERS),
        }
    }

    /// A call of a room. Its verb is counted from the first room's first one.
    pub fn asked(self) -> Asked {
        Asked { verb: self.verb.saturating_sub(FIRST_ROOM_VERB), flags: self.flags, detail: self.detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_verb_flags_detail_and_count() {
        let head = Head::with_count(0x0003_0785);
        assert!(!head.is_command() && !head.is_transaction());
        assert_eq!(head.asked(), Asked { verb: 3, flags: 0x80, detail: 7 });
        assert_eq!(head.count, 3);
    }

    #[test]
    fn a_raw_command_has_its_options_in_its_detail() {
        let options = Head::new(u32::from(BUFFERS | FLAT) << 8, 0).options();
        assert!(options.as_buffers && options.is_flat && !options.is_prefixed && !options.numbers_as_texts);
    }
}
