//! Faults that a build with the feature `planted-faults` can switch on, one a process. They show that the checker
//! and the tests of the rooms find such faults.
//!
//! Promises: other builds have none of them. Relies on the variable `ORGCACHE_PLANTED_FAULT`. Never decides what a fault does: the room does
//! that has it.

/// One fault, named by `ORGCACHE_PLANTED_FAULT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A fill is inserted though its stripe has changed.
    FillIgnoresStripe,
    /// Own writes do not count as under way.
    OwnWritesNotCounted,
    /// Answers of other connections are not compared.
    AnswersNotCompared,
    /// A new session continues the one before.
    SessionSurvivesReconnect,
    /// The lifetime begins with the reply, not before the fill was sent.
    LifetimeFromReply,
    /// Freshness begins with the arrival of the PONG, not with the sending of the PING.
    FreshnessFromPongArrival,
    /// A clearing does not raise the owner's counter.
    ClearWithoutOwner,
    /// What a factory made is stored though its lease has changed.
    #[cfg(feature = "planted-faults")]
    FillWithoutToken,
    /// What a factory made is stored though its organization was cleared.
    #[cfg(feature = "planted-faults")]
    FillWithoutMark,
    /// An entry gets the versions of its tags from after its factory.
    TagsAfterFactory,
}

#[cfg(not(feature = "planted-faults"))]
#[inline]
pub const fn is_planted(_: Fault) -> bool {
    false
}

#[cfg(feature = "planted-faults")]
pub const NAMES: [(&str, Fault); 10] = [
    ("fill-ignores-stripe", Fault::FillIgnoresStripe),
    ("own-writes-not-counted", Fault::OwnWritesNotCounted),
    ("answers-not-compared", Fault::AnswersNotCompared),
    ("session-survives-reconnect", Fault::SessionSurvivesReconnect),
    ("lifetime-from-reply", Fault::LifetimeFromReply),
    ("freshness-from-pong-arrival", Fault::FreshnessFromPongArrival),
    ("clear-without-owner", Fault::ClearWithoutOwner),
    ("fill-without-token", Fault::FillWithoutToken),
    ("fill-without-mark", Fault::FillWithoutMark),
    ("tags-after-factory", Fault::TagsAfterFactory),
];

/// Whether the environment names this fault. The environment is read once.
#[cfg(feature = "planted-faults")]
pub fn is_planted(fault: Fault) -> bool {
    static PLANTED: std::sync::OnceLock<Option<Fault>> = std::sync::OnceLock::new();
    let read = || {
        let named = std::env::var("ORGCACHE_PLANTED_FAULT").ok()?;
        NAMES.iter().find(|(name, _)| *name == named).map(|(_, fault)| *fault)
    };
    *PLANTED.get_or_init(read) == Some(fault)
}
