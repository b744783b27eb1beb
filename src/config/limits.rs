//! Times and limits of what JavaScript does itself. It is told them at load, by the names that stand here.

use super::defaults::{CONNECTION_NAME, RETRIES_LIMIT};

use serde_json::{Map, Value, json};

/// Each name ends with its unit, unless it counts something.
pub const LIMITS: &[(&str, u64)] = &[
    // A shutdown's own limit: what orchestrators grant before they kill is ten seconds or more.
    ("shutdownTimeoutMs", 5_000),
    // The same for a client that closes its own connection.
    ("closeTimeoutMs", 5_000),
    // Statistics wait so long for the first attempt to connect, to report no outage that does not exist.
    ("knownWithinMs", 1_000),
    // `ready()` asks again after this pause. A local server is asked often enough, a distant one not too often.
    ("readyAgainAfterMs", 50),
    // Health checks of `orgcache/redis`: load balancers look about as often.
    ("healthCheckIntervalMs", 30_000),
    // Options of a duplicate that ask for more attempts get this many.
    ("maxRetries", RETRIES_LIMIT),
    // A dead connection is found within this time (`src/connection/watchdog.rs`), so messages may be missing since then.
    ("silenceMs", 2_000),
    // A refused subscription is made again after this pause, where no new connection comes before.
    ("subscribeAgainAfterMs", 1_000),
    // Callers that wait for a dedicated connection. More than this is a fault that must be visible.
    ("poolMaxWaiting", 10_000),
    // A dedicated connection beyond the minimum is closed after this time without a caller.
    ("poolIdleMs", 30_000),
    // Nodes agree on a moved slot within this time, unless slots move faster than a scan asks.
    ("scanAgreedWithinMs", 5_000),
    ("scanAgainAfterMs", 50),
    // Entries of a legacy Map that cross in one pipeline, and how long their encoding may hold up the event loop.
    ("migrationBatchEntries", 256),
    ("migrationBatchMs", 5),
    // A consumer group's read that is silent so long after its BLOCK has ended gets another connection.
    ("groupSilenceMs", 5_000),
    // A blocked read has this time to end before its connection is closed; it is asked to as often as this.
    ("groupUnblockMs", 500),
    ("groupUnblockEveryMs", 20),
    // In the time after which another consumer may claim an entry, a handler's entry is renewed this often...
    ("groupRenewals", 3),
    // ... and a consumer claims between so many times.
    ("groupLeastClaims", 2),
    ("groupMostClaims", 4),
    // Redis 6.2 looks at ten times COUNT pending entries for a claim.
    ("groupLookedAtPerClaim", 10),
    // Of each policy of a limiter so many refusals are remembered beside native code: 4 MB, and a flood costs no more.
    ("limiterRefusals", 16_384),
    // A change of a session is made once, and five times more where others were faster.
    ("sessionUpdateAttempts", 6),
    // Who watches a session hears of its end within this time, where no message tells of it.
    ("sessionWatchMs", 30_000),
    // Sessions that a list has, and those that it may have: a page of a person's devices has fewer.
    ("sessionListLimit", 100),
    ("sessionListMost", 10_000),
    // Sessions of `orgcache/session-service`: a day, as there; 400 days at most, for which browsers keep a cookie; half an
    // hour without use; and uses are noted so often.
    ("sessionServiceTtlSeconds", 86_400),
    ("sessionServiceMostSeconds", 34_560_000),
    ("sessionServiceIdleSeconds", 1_800),
    ("sessionServiceTouchSeconds", 30),
    // Stores of session libraries: the lifetime of a session whose cookie has no end, as in connect-redis...
    ("storeTtlSeconds", 86_400),
    // ... how long a touch may be put off, and by how much ends may differ that are taken for the same: replies take time...
    ("storeTouchSeconds", 60),
    ("storeToleranceMs", 5),
    // ... for how long a destroyed session is not written again: requests that still hold it end sooner...
    ("storeGoneMs", 600_000),
    // ... the deadline of calls on clients that have none; how often a write is tried: of requests at once one succeeds with
    // each round; how many sessions a list has; of how many ids the ends are known where a library copies what it loads.
    ("storeTimeoutMs", 5_000),
    ("storeSetAttempts", 64),
    ("storeListMost", 10_000),
    ("storeKnownIds", 10_000),
    // Messages of a topic that `history` answers, and those that it may: a screen of them, and all that an export wants.
    ("topicHistory", 100),
    ("topicMostHistory", 10_000),
    // Messages in a page that a reader takes from a topic's stream; a page also ends with its bytes (`src/topic/requests.rs`).
    ("topicPage", 128),
    // What waits for a reader of a topic: a second of busy messages, and no burst takes a process's memory.
    ("topicReaderBytes", 1_048_576),
    // Messages that a channel keeps for readers which have just read its stream: more than come within a round trip.
    ("topicRecent", 256),
    ("topicRecentBytes", 1_048_576),
    // A stream that could not be read is read again after this pause.
    ("topicReadAgainMs", 200),
    // Proxies close a connection that is silent for a minute; a client that is gone is found meanwhile.
    ("sseHeartbeatSeconds", 15),
    ("sseBufferedBytes", 1_048_576),
    // Browsers connect again after this time, and up to twice of it: not all at once where a process has ended.
    ("sseRetryMs", 2_000),
    // Of an error's message a dead letter keeps this many characters.
    ("groupReasonCharacters", 1_000),
    // Watching which factory asks for what makes promises slower: it goes on for so long after the last factory.
    ("factoryIdleMs", 1_000),
    // A change that `mutate` guards prolongs its guard this often; the guard lives 10 s.
    ("mutationRenewMs", 3_000),
    // The version of a table lives as long as an entry can, and while a change is guarded no longer than a guard.
    ("tableVersionSeconds", 315_360_000),
    ("tableGuardSeconds", 10),
    // Objects that a thread keeps with `share: 'frozen'`, and their part of the budget of copies.
    ("frozenValues", 10_000),
    ("frozenBudgetPart", 4),
    // Keys that `warm` loads at once.
    ("warmConcurrency", 8),
    ("warmMaxConcurrency", 1_000),
    // `metrics` shows so many organizations by name at most: as many as are counted (`src/health/organizations.rs`).
    ("metricsOrganizations", 10_000),
    // An erasure of an organization gives up after this time, looks at so many keys in a step of its scan, and begins again
    // this often where its second look still finds something.
    ("eraseTimeoutMs", 300_000),
    ("eraseKeysAStep", 1_000),
    ("eraseRounds", 3),
    // A dashboard counts jobs of one organization in pages, in each state up to so many: its page asks every few seconds.
    ("boardJobsCounted", 1_000),
    // Where it erases an organization, handlers that are told to end have so long, before what they left is erased too.
    ("boardEraseMs", 5_000),
    // It shows workers that were heard of within this time: `src/queue/scripts/sweep.lua` forgets others, where a worker runs it.
    ("boardWorkerSeconds", 60),
    // A response of HTTP is stored for a minute, as answers of an API usually are, and up to this size.
    ("responseTtlSeconds", 60),
    ("responseMaxBytes", 8 * 1024 * 1024),
];

/// An option of a consumer group: its default and what is allowed.
struct GroupOption {
    name: &'static str,
    default: Option<u64>,
    least: u64,
    most: u64,
}

const fn option(name: &'static str, default: Option<u64>, least: u64, most: u64) -> GroupOption {
    GroupOption { name, default, least, most }
}

const GROUP_OPTIONS: [GroupOption; 5] = [
    option("concurrency", Some(10), 1, 10_000),
    // As many as handlers, where none is given.
    option("batchSize", None, 1, 10_000),
    // A read that blocks for ever could not distinguish a silent stream from a silent server.
    option("blockMs", Some(5_000), 1, 3_600_000),
    // A minute is longer than most handlers take, and a crashed consumer's entries wait no longer.
    option("minIdleMs", Some(60_000), 10, 86_400_000),
    option("maxDeliveries", Some(5), 1, 1_000_000),
];

/// Everything that JavaScript is told: the limits, the options of consumer groups, and the name of auxiliary connections.
pub fn limits() -> Value {
    let mut told: Map<_, _> = LIMITS.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let options = GROUP_OPTIONS.iter().map(|GroupOption { name, default, least, most }| {
        ((*name).to_owned(), json!({ "default": default, "least": least, "most": most }))
    });
    told.insert("groupOptions".to_owned(), Value::Object(options.collect()));
    told.insert("connectionName".to_owned(), json!(CONNECTION_NAME));
    told.into()
}

/// The limit with this name.
///
/// # Panics
/// There is no such limit.
#[cfg(test)]
pub fn limit(name: &str) -> u64 {
    LIMITS.iter().find(|(limit, _)| *limit == name).unwrap().1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_limit_is_told_once_under_its_own_name() {
        let names: BTreeSet<_> = LIMITS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), LIMITS.len());
        let told = limits();
        LIMITS.iter().for_each(|(name, value)| assert_eq!(told[name], json!(value), "{name}"));
    }

    #[test]
    fn the_default_of_a_group_option_is_allowed() {
        for GroupOption { name, default, least, most } in GROUP_OPTIONS {
            assert!(default.is_none_or(|default| (least..=most).contains(&default)), "{name}");
        }
    }

    #[test]
    fn an_entry_is_renewed_before_another_consumer_may_claim_it() {
        assert!(limit("groupRenewals") > 1);
        assert!(limit("groupLeastClaims") <= limit("groupMostClaims"));
        assert!(limit("groupUnblockEveryMs") < limit("groupUnblockMs"));
    }
}
