//! The kinds of values that the adapter keeps, and the shape of each kind's key.

use crate::error::{Error, ErrorCode, Result};

/// A kind of value. Its number is part of the bridge to JavaScript and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    ConversationContext = 0,
    ConversationSummary = 1,
    HistoryCache = 2,
    PreComputedContext = 3,
    PhoneToLead = 4,
    LeadToPhone = 5,
    DynamicLead = 6,
    Organization = 7,
    AgentConfig = 8,
    SseCache = 9,
    Kv = 10,
}

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

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Kind; 11] = [
        Kind::ConversationContext,
        Kind::ConversationSummary,
        Kind::HistoryCache,
        Kind::PreComputedContext,
        Kind::PhoneToLead,
        Kind::LeadToPhone,
        Kind::DynamicLead,
        Kind::Organization,
        Kind::AgentConfig,
        Kind::SseCache,
        Kind::Kv,
    ];

    /// The kind's name in a key.
    pub const fn segment(self) -> &'static str {
        match self {
            Kind::ConversationContext => "conversationContexts",
            Kind::ConversationSummary => "conversationSummaries",
            Kind::HistoryCache => "historyCache",
            Kind::PreComputedContext => "preComputedContext",
            Kind::PhoneToLead => "phoneToLead",
            Kind::LeadToPhone => "leadToPhone",
            Kind::DynamicLead => "dynamicLead",
            Kind::Organization => "organization",
            Kind::AgentConfig => "agentConfig",
            Kind::SseCache => "sseCache",
            Kind::Kv => "kv",
        }
    }

    pub fn from_u8(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number)).copied()
    }

    pub fn from_segment(segment: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.segment() == segment)
    }

    pub(super) const fn shape(self) -> Shape {
        match self {
            Kind::ConversationContext
            | Kind::ConversationSummary
            | Kind::HistoryCache
            | Kind::PreComputedContext => Shape::Conversation,
            Kind::Organization => Shape::Organization,
            Kind::PhoneToLead => Shape::Phone,
            Kind::LeadToPhone | Kind::DynamicLead | Kind::Kv => Shape::Single,
            Kind::AgentConfig | Kind::SseCache => Shape::Pair,
        }
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
