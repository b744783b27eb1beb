//! What becomes of a call that the server answers with an error. A server that answers is not a
//! dead one: none of this opens the breaker.
//!
//! The codes are the first words of the server's error lines; Redis's own sources have the list, in
//! `createSharedObjects` of `server.c`.

use crate::error::Error;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorPolicy {
    /// The call was at fault: it fails, or misses.
    Refuse,
    /// The server is well and takes no such writes for now: they answer false and say why, reads go on, and what the journal holds
    /// is tried again later.
    Wait,
    /// The slot is on its way to another node, or the cluster waits for one to take over: writes go to the journal, reads are
    /// answered from memory, and what the journal holds is tried again later.
    Later,
    /// This connection serves nobody until something changes: it is replaced, writes go to the
    /// journal, and reads are answered from memory.
    Replace,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    pub code: &'static str,
    pub policy: ErrorPolicy,
    pub meaning: &'static str,
}

impl Refusal {
    /// Whether the same command may succeed later without that its user, its connection or its keys' node change: the server
    /// starts, changes its role, or is full or slow for a while.
    pub fn passes(&self) -> bool {
        !["NOPERM", "NOAUTH", "WRONGPASS", "MOVED", "ASK"].contains(&self.code)
    }
}

/// Every refusal that is not simply the call's own fault. `docs/errors.md` repeats this table, and a
/// test compares the two.
pub const REFUSALS: &[Refusal] = &[
    row("OOM", ErrorPolicy::Wait, "the server's memory is full and nothing may be evicted"),
    row("MISCONF", ErrorPolicy::Wait, "the server cannot save to its disk and refuses writes"),
    row("NOREPLICAS", ErrorPolicy::Wait, "too few replicas are connected for a write"),
    row("NOPERM", ErrorPolicy::Wait, "the user may not run this command or touch this key"),
    row(
        "READONLY",
        ErrorPolicy::Replace,
        "the server has become a replica; the next connection looks for the primary",
    ),
    row(
        "CLUSTERDOWN",
        ErrorPolicy::Later,
        "the cluster does not serve the slot; it does again once a replica has taken over",
    ),
    row("TRYAGAIN", ErrorPolicy::Later, "the keys of a request are on two nodes while their slot moves"),
    row("MOVED", ErrorPolicy::Later, "the slot has gone from node to node more often than is followed"),
    row("ASK", ErrorPolicy::Later, "the same, for one key"),
    row("LOADING", ErrorPolicy::Replace, "the server still reads its file; the next connection waits for it"),
    row("MASTERDOWN", ErrorPolicy::Replace, "a replica has lost its primary and serves nothing stale"),
    row("BUSY", ErrorPolicy::Replace, "a script blocks the server"),
    row("NOAUTH", ErrorPolicy::Replace, "the connection is not logged in any more"),
    row("WRONGPASS", ErrorPolicy::Replace, "the user or password is not valid any more"),
];

const fn row(code: &'static str, policy: ErrorPolicy, meaning: &'static str) -> Refusal {
    Refusal { code, policy, meaning }
}

impl ErrorPolicy {
    pub fn of(error: &Error) -> ErrorPolicy {
        let known = REFUSALS.iter().find(|row| Some(row.code) == error.redis_code());
        known.map_or(ErrorPolicy::Refuse, |row| row.policy)
    }

    /// The word for it in the docs.
    pub fn name(self) -> &'static str {
        match self {
            ErrorPolicy::Refuse => "refuse",
            ErrorPolicy::Wait => "wait",
            ErrorPolicy::Later => "later",
            ErrorPolicy::Replace => "replace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_that_pass_are_those_of_the_server_and_not_of_the_user_or_the_slot() {
        let mut passing: Vec<_> = REFUSALS.iter().filter(|row| row.passes()).map(|row| row.code).collect();
        passing.sort_unstable();
        let expected = [
            "BUSY",
            "CLUSTERDOWN",
            "LOADING",
            "MASTERDOWN",
            "MISCONF",
            "NOREPLICAS",
            "OOM",
            "READONLY",
            "TRYAGAIN",
        ];
        assert_eq!(passing, expected);
    }
}
