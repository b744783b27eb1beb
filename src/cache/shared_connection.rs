//! Commands that a connection which all calls share cannot carry.
//!
//! Some change what every later call means (SELECT), some take replies that belong to others
//! (SUBSCRIBE, MULTI), some hold everybody up (BLPOP).

use crate::error::Error;

const REFUSED: &[&str] = &[
    // They answer out of band, or go on answering.
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "SSUBSCRIBE",
    "UNSUBSCRIBE",
    "PUNSUBSCRIBE",
    "SUNSUBSCRIBE",
    "MONITOR",
    "SYNC",
    "PSYNC",
    // They change the connection under everybody.
    "SELECT",
    "AUTH",
    "HELLO",
    "RESET",
    "QUIT",
    "ASKING",
    "READONLY",
    "READWRITE",
    // What others send would become part of the transaction.
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH",
    "UNWATCH",
    // Nobody's reply comes before theirs.
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BLMOVE",
    "BLMPOP",
    "BZPOPMIN",
    "BZPOPMAX",
    "BZMPOP",
    "WAIT",
    "WAITAOF",
];

/// The length of the shortest name above.
const SHORTEST: usize = 4;

/// Why a raw command is not sent, in the words of a server's refusal.
pub fn refusal(arguments: &[&[u8]]) -> Option<Error> {
    let (name, rest) = arguments.split_first()?;
    // GET, SET and DEL come most often, and every name below is longer.
    if name.len() < SHORTEST {
        return None;
    }
    let has = |word: &str| rest.iter().any(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
    let found = REFUSED.iter().find(|refused| name.eq_ignore_ascii_case(refused.as_bytes()));
    let what = match found {
        Some(refused) => refused,
        None if is_any(name, &["XREAD", "XREADGROUP"]) && has("BLOCK") => "XREAD with BLOCK",
        None if is_any(name, &["CLIENT"]) && rest.first().is_some_and(|first| is_any(first, &["REPLY"])) => {
            "CLIENT REPLY"
        }
        None => return None,
    };
    Some(Error::reply(&format!("ERR {what} needs a connection of its own; this one is shared by all calls")))
}

fn is_any(word: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refused_name_is_shorter_than_the_shortest() {
        assert_eq!(REFUSED.iter().map(|name| name.len()).min(), Some(SHORTEST));
    }

    #[test]
    fn what_would_harm_other_calls_is_refused_and_nothing_else() {
        let refused: [&[&[u8]]; 5] = [
            &[b"subscribe", b"c"],
            &[b"SELECT", b"1"],
            &[b"xread", b"BLOCK", b"0", b"STREAMS", b"s", b"$"],
            &[b"Client", b"reply", b"OFF"],
            &[b"BLPOP", b"l", b"0"],
        ];
        for command in refused {
            assert_eq!(refusal(command).map(|error| error.redis_code() == Some("ERR")), Some(true));
        }
        let fine: [&[&[u8]]; 4] = [
            &[b"GET", b"SELECT"],
            &[b"XREAD", b"STREAMS", b"s", b"0"],
            &[b"CLIENT", b"ID"],
            &[b"PUBLISH", b"c", b"m"],
        ];
        for command in fine {
            assert_eq!(refusal(command), None);
        }
    }
}
