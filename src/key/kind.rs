//! The kinds of values that the adapter keeps: a row each, with all that sets one apart.

use crate::error::{Error, ErrorCode, Result};

/// The parts of a key after the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Organization and phone number.
    Conversation,
    /// Organization alone.
    Organization,
    /// Phone number, with its leading plus.
    Phone,
    /// One id.
    Single,
    /// An id and a phone number.
    Pair,
}

/// How long values of a kind live, and the name of that in `cacheAdapter.ttlConfig`. Kinds may share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    pub name: &'static str,
    pub seconds: u32,
}

macro_rules! kinds {
    ($($number:literal $kind:ident $segment:literal $shape:ident $($name:literal $seconds:literal)?;)+) => {
        /// A kind of value. Its number is part of the bridge to JavaScript and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Kind {
            $($kind = $number,)+
        }

        impl Kind {
            /// Every kind, in the order of its number.
            pub const ALL: [Kind; [$($number),+].len()] = [$(Kind::$kind),+];

            /// Every lifetime; those of several kinds several times.
            pub const LIFETIMES: &[Lifetime] = &[$($(Lifetime { name: $name, seconds: $seconds },)?)+];

            /// The kind's name in a key.
            pub const fn segment(self) -> &'static str {
                match self {
                    $(Kind::$kind => $segment,)+
                }
            }

            /// How long its values live; `None` for the configured default.
            pub fn lifetime(self) -> Option<Lifetime> {
                let own: &[Lifetime] = match self {
                    $(Kind::$kind => &[$(Lifetime { name: $name, seconds: $seconds })?],)+
                };
                own.first().copied()
            }

            pub(super) const fn shape(self) -> Shape {
                match self {
                    $(Kind::$kind => Shape::$shape,)+
                }
            }
        }
    };
}

// Number, kind, its name in keys, the shape of its keys; then the name of its lifetime, and the lifetime in seconds. The
// lifetimes are those of the JavaScript layer, which its servers rely on.
kinds! {
    0 ConversationContext "conversationContexts" Conversation "conversationContext" 7200;
    1 ConversationSummary "conversationSummaries" Conversation "conversationSummary" 7200;
    2 HistoryCache "historyCache" Conversation "conversationHistory" 120;
    3 PreComputedContext "preComputedContext" Conversation "preComputedContext" 120;
    4 PhoneToLead "phoneToLead" Phone "leadData" 300;
    5 LeadToPhone "leadToPhone" Single "leadData" 300;
    6 DynamicLead "dynamicLead" Single "leadData" 300;
    7 Organization "organization" Organization "organizationData" 120;
    8 AgentConfig "agentConfig" Pair "agentConfig" 3600;
    9 SseCache "sseCache" Pair "sseResponse" 10;
    10 Kv "kv" Single;
}

impl Kind {
    pub fn from_u8(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number)).copied()
    }

    pub fn from_segment(segment: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.segment() == segment)
    }

    /// Whether clearing an organization clears values of this kind.
    pub const fn belongs_to_an_organization(self) -> bool {
        !self.scope_holds_an_id()
    }

    /// Whether the scope's position holds an id that is no organization.
    pub(super) const fn scope_holds_an_id(self) -> bool {
        match self.shape() {
            Shape::Conversation | Shape::Organization => false,
            Shape::Phone | Shape::Single | Shape::Pair => true,
        }
    }

    /// Fails for a kind with another shape of key: two ways to one key would mix two values.
    pub(super) fn require(self, shape: Shape) -> Result<()> {
        if self.shape() == shape {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::Key,
            format!("a value of the kind {} is not found by these parts", self.segment()),
        ))
    }
}
