//! Commands that a connection which all calls share cannot carry.
//!
//! Some change what every later call means (SELECT), some take replies that belong to others
//! (SUBSCRIBE, MULTI), some hold everybody up (BLPOP). What only concerns the connection's own looks
//! (CLIENT SETNAME, CLIENT SETINFO) or its fate (CLIENT NO-EVICT) is let through.

use super::role::Role;
use crate::error::Error;

/// A connection that is lent to one caller after the other does not carry them either: the next one would get what they
/// made of it. SELECT is the exception: where one client has a connection, its database is known.
pub const CHANGING: &[&str] = &[
    "SELECT",
    "AUTH",
    "HELLO",
    "RESET",
    "QUIT",
    "ASKING",
    "READONLY",
    "READWRITE",
    // It goes on answering.
    "MONITOR",
    // They make a replica of it; some forms of REPLCONF have no reply, so that each later one met the wrong request.
    "SYNC",
    "PSYNC",
    "REPLCONF",
];

/// The same, with their subcommands.
pub const CHANGING_IN: &[(&str, &[&str])] = &[
    // What is read leaves others' keys as if nobody used them (NO-TOUCH), is answered for no reader (TRACKING), or
    // by other rules.
    ("CLIENT", &["REPLY", "TRACKING", "CACHING", "NO-TOUCH", "CAPA", "IMPORT-SOURCE"]),
    // The next script of anybody becomes a debugger's session.
    ("SCRIPT", &["DEBUG"]),
];

/// A connection that is lent carries these.
const TAKING: &[&str] = &[
    // They answer out of band.
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "SSUBSCRIBE",
    "UNSUBSCRIBE",
    "PUNSUBSCRIBE",
    "SUNSUBSCRIBE",
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
    "BLMOVEM",
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
pub fn refusal(arguments: &[&[u8]], role: Role) -> Option<Error> {
    let (name, rest) = arguments.split_first()?;
    // GET, SET and DEL come most often, and every name above is longer.
    if name.len() < SHORTEST {
        return None;
    }
    if role != Role::Shared && is(name, "SELECT") || role == Role::Monitor && is(name, "MONITOR") {
        return None;
    }
    let what = match changing(name, rest) {
        Some(what) => what,
        None if matches!(role, Role::Dedicated | Role::Monitor) => return None,
        None => taking(name, rest)?,
    };
    Some(Error::reply(&format!("ERR {what} needs a connection of its own; this one is shared by all calls")))
}

fn changing(name: &[u8], rest: &[&[u8]]) -> Option<String> {
    if let Some(found) = named(name, CHANGING) {
        return Some(found.to_owned());
    }
    let (container, subcommands) = CHANGING_IN.iter().find(|(container, _)| is(name, container))?;
    let subcommand = named(rest.first()?, subcommands)?;
    Some(format!("{container} {subcommand}"))
}

fn taking(name: &[u8], rest: &[&[u8]]) -> Option<String> {
    if named(name, &["XREAD", "XREADGROUP"]).is_some() && rest.iter().any(|word| is(word, "BLOCK")) {
        return Some("XREAD with BLOCK".to_owned());
    }
    named(name, TAKING).map(str::to_owned)
}

fn named(word: &[u8], names: &[&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| is(word, name))
}

fn is(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refused_name_is_shorter_than_the_shortest() {
        let containers = CHANGING_IN.iter().map(|(container, _)| container);
        let names = CHANGING.iter().chain(TAKING).chain(containers);
        assert_eq!(names.map(|name| name.len()).min(), Some(SHORTEST));
    }

    fn what_is_refused(command: &[&[u8]], role: Role) -> Option<String> {
        let error = refusal(command, role)?;
        assert_eq!(error.redis_code(), Some("ERR"));
        let (what, _) = error.message().strip_prefix("ERR ")?.split_once(" needs ")?;
        Some(what.to_owned())
    }

    #[test]
    fn what_would_harm_other_calls_is_refused_and_nothing_else() {
        let refused: [(&[&[u8]], &str); 9] = [
            (&[b"subscribe", b"c"], "SUBSCRIBE"),
            (&[b"SELECT", b"1"], "SELECT"),
            (&[b"xread", b"BLOCK", b"0", b"STREAMS", b"s", b"$"], "XREAD with BLOCK"),
            (&[b"Client", b"reply", b"OFF"], "CLIENT REPLY"),
            (&[b"client", b"TRACKING", b"ON"], "CLIENT TRACKING"),
            (&[b"CLIENT", b"no-touch", b"on"], "CLIENT NO-TOUCH"),
            (&[b"SCRIPT", b"debug", b"YES"], "SCRIPT DEBUG"),
            (&[b"replconf", b"ACK", b"1"], "REPLCONF"),
            (&[b"BLPOP", b"l", b"0"], "BLPOP"),
        ];
        for (command, what) in refused {
            assert_eq!(what_is_refused(command, Role::Shared).as_deref(), Some(what));
        }
        let fine: [&[&[u8]]; 8] = [
            &[b"GET", b"SELECT"],
            &[b"XREAD", b"STREAMS", b"s", b"0"],
            &[b"CLIENT", b"ID"],
            &[b"CLIENT", b"SETNAME", b"reply"],
            &[b"CLIENT", b"NO-EVICT", b"ON"],
            &[b"CLIENT"],
            &[b"SCRIPT", b"LOAD", b"return 1"],
            &[b"PUBLISH", b"c", b"m"],
        ];
        for command in fine {
            assert_eq!(what_is_refused(command, Role::Shared), None);
        }
    }

    #[test]
    fn a_connection_that_is_lent_blocks_and_watches_and_stays_what_it_was() {
        for command in [&[&b"BLPOP"[..], b"l", b"0"][..], &[b"WATCH", b"k"], &[b"SUBSCRIBE", b"c"]] {
            assert_eq!(what_is_refused(command, Role::Dedicated), None);
        }
        for command in [&[&b"AUTH"[..], b"x"][..], &[b"CLIENT", b"REPLY", b"OFF"], &[b"RESET"]] {
            assert!(what_is_refused(command, Role::Dedicated).is_some());
        }
    }

    #[test]
    fn a_connection_of_one_client_selects_and_neither_blocks_nor_subscribes() {
        assert_eq!(what_is_refused(&[b"select", b"1"], Role::Own), None);
        assert_eq!(what_is_refused(&[b"select", b"1"], Role::Dedicated), None);
        assert_eq!(what_is_refused(&[b"BLPOP", b"l", b"0"], Role::Own).as_deref(), Some("BLPOP"));
        assert_eq!(what_is_refused(&[b"MONITOR"], Role::Dedicated).as_deref(), Some("MONITOR"));
        assert_eq!(what_is_refused(&[b"MONITOR"], Role::Monitor), None);
        assert_eq!(what_is_refused(&[b"AUTH", b"x"], Role::Own).as_deref(), Some("AUTH"));
    }
}
