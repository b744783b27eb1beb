//! The kinds of values that get copies in the process.

use super::rule::{ALL_WORDS, words_of};

/// Every kind: those of the cache by their names in keys, and the values that callers name themselves. A test in the cache
/// compares them with its kinds.
pub const NEAR_KINDS: &[&str] = &[
    "conversationContexts",
    "conversationSummaries",
    "historyCache",
    "preComputedContext",
    "phoneToLead",
    "leadToPhone",
    "dynamicLead",
    "organization",
    "agentConfig",
    "sseCache",
    "kv",
    "managed",
];

/// A choice of these kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearKinds(Vec<String>);

impl NearKinds {
    /// Of a list that its rule accepts.
    pub(super) fn of_list(list: &str) -> NearKinds {
        NearKinds(words_of(list).map(str::to_owned).collect())
    }

    pub fn contains(&self, kind: &str) -> bool {
        self.0.iter().any(|named| named == ALL_WORDS || named == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_its_kinds_or_all_of_them() {
        let some = NearKinds::of_list("kv, dynamicLead");
        assert!(some.contains("kv") && some.contains("dynamicLead") && !some.contains("managed"));
        assert!(NEAR_KINDS.iter().all(|kind| NearKinds::of_list("all").contains(kind)));
    }
}
