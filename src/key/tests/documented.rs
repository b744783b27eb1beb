//! The keys that documents promise, and what is refused.

use super::*;

fn conversation(org: Option<&str>, phone: &str) -> Result<String> {
    make(&Call::Conversation(Kind::ConversationContext, org.map(str::to_owned), phone.to_owned()))
}

fn managed(type_name: &str, org: Option<&str>, id: Option<&str>) -> String {
    make(&Call::Managed(type_name.to_owned(), org.map(str::to_owned), id.map(str::to_owned))).unwrap()
}

fn phone_to_lead(phone: &str) -> String {
    make(&Call::PhoneToLead(phone.to_owned())).unwrap()
}

#[test]
fn the_documented_keys_come_out() {
    assert_eq!(
        conversation(Some("org-123"), "+1 (234) 567-890").unwrap(),
        "jack:dev:conversationContexts:org-123:1234567890"
    );
    assert_eq!(conversation(None, "+1234567890").unwrap(), "jack:dev:conversationContexts:global:1234567890");
    assert_eq!(phone_to_lead("+1 234-567890"), "jack:dev:phoneToLead:+1234567890");
    assert_eq!(phone_to_lead("1234567890"), "jack:dev:phoneToLead:1234567890");
    assert_eq!(make(&Call::Organization("org-456".into())).unwrap(), "jack:dev:organization:org-456");
    assert_eq!(make(&Call::Single(Kind::Kv, "a key".into())).unwrap(), "jack:dev:kv:a%20key");
    assert_eq!(
        make(&Call::Pair(Kind::AgentConfig, "agent:1".into(), "+123".into())).unwrap(),
        "jack:dev:agentConfig:agent%3A1:123"
    );
    assert_eq!(managed("user:5", Some("org-1"), None), "jack:dev:user%3A5:org-1");
    assert_eq!(managed("user", None, Some("5")), "jack:dev:user:global:5");
    assert_eq!(make(&Call::Index(None)).unwrap(), "jack:dev:!index:global");
}

#[test]
fn the_same_value_named_through_the_manager_has_the_same_key() {
    assert_eq!(
        managed("conversationContexts", Some("org-1"), Some("123")),
        conversation(Some("org-1"), "+123").unwrap()
    );
    assert_eq!(
        managed("organization", Some("org-456"), None),
        make(&Call::Organization("org-456".into())).unwrap()
    );
}

#[test]
fn a_type_named_like_a_kind_without_organizations_is_another_value() {
    assert_eq!(managed("phoneToLead", Some("+123"), None), "jack:dev:%70honeToLead:+123");
    assert_ne!(managed("phoneToLead", Some("+123"), None), phone_to_lead("+123"));
    assert_ne!(managed("%70honeToLead", Some("+123"), None), managed("phoneToLead", Some("+123"), None));
}

#[test]
fn an_organization_named_global_is_not_the_global_scope() {
    assert_eq!(conversation(Some("global"), "1").unwrap(), "jack:dev:conversationContexts:%67lobal:1");
    assert_ne!(conversation(Some("global"), "1").unwrap(), conversation(Some("%67lobal"), "1").unwrap());
    assert_ne!(conversation(Some(""), "1").unwrap(), conversation(None, "1").unwrap());
}

#[test]
fn numbers_without_digits_do_not_share_a_conversation() {
    assert_ne!(conversation(None, "alice").unwrap(), conversation(None, "bob").unwrap());
    assert_eq!(conversation(None, "*").unwrap(), "jack:dev:conversationContexts:global:%2A");
}

#[test]
fn a_missing_part_is_refused() {
    for call in [
        Call::Conversation(Kind::HistoryCache, Some("org".into()), String::new()),
        Call::PhoneToLead(String::new()),
        Call::Single(Kind::Kv, String::new()),
        Call::Pair(Kind::SseCache, String::new(), "1".into()),
        Call::Pair(Kind::SseCache, "lead".into(), String::new()),
        Call::Managed(String::new(), None, None),
    ] {
        assert_eq!(make(&call).unwrap_err().code(), ErrorCode::Key, "{call:?}");
    }
    assert_eq!(org_key(None, "").unwrap_err().code(), ErrorCode::Key);
}

#[test]
fn a_kind_is_refused_where_its_keys_are_built_differently() {
    for kind in Kind::ALL {
        let calls = [
            (Shape::Conversation, Call::Conversation(kind, None, "1".into())),
            (Shape::Single, Call::Single(kind, "1".into())),
            (Shape::Pair, Call::Pair(kind, "1".into(), "1".into())),
        ];
        for (shape, call) in calls {
            assert_eq!(make(&call).is_ok(), kind.shape() == shape, "{call:?}");
        }
    }
}

#[test]
fn a_key_of_exactly_the_limit_is_made_and_one_byte_more_is_refused_without_showing_it() {
    let room = MAX_KEY_BYTES - "jack:dev:kv:".len();
    assert_eq!(make(&Call::Single(Kind::Kv, "k".repeat(room))).unwrap().len(), MAX_KEY_BYTES);
    let error = make(&Call::Single(Kind::Kv, "k".repeat(room + 1))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Key);
    assert!(!error.message().contains("kkk"));
    assert_eq!(conversation(None, &"7".repeat(2048)).unwrap_err().code(), ErrorCode::Key);
}

#[test]
fn keys_of_another_prefix_and_malformed_keys_do_not_decode() {
    for key in [
        "jack:prod:kv:a",
        "jack:dev:",
        "jack:dev:kv",
        "jack:dev:kv:",
        "jack:dev:kv:global",
        "jack:dev:kv:a:b",
        "jack:dev:kv:%61",
        "jack:dev:kv:%2a",
        "jack:dev:kv:%2",
        "jack:dev:kv:%FF",
        "jack:dev:agentConfig:a",
        "jack:dev:agentConfig:a:1-2",
        "jack:dev:phoneToLead:1-2",
        "jack:dev:phoneToLead:+12a",
        "jack:dev:user:org:id:more",
        "jack:dev::org",
        "jack:dev:!index:org",
    ] {
        assert_eq!(keys().decode(key.as_bytes()), None, "{key}");
    }
}

#[test]
fn the_numbers_of_kinds_are_stable() {
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, number);
        assert_eq!(Kind::from_u8(number as u8), Some(kind));
        assert_eq!(Kind::from_segment(kind.segment()), Some(kind));
    }
    assert_eq!(Kind::from_u8(Kind::ALL.len() as u8), None);
}

#[test]
fn old_places_are_where_the_javascript_layer_wrote() {
    let text = |key: &str| Some(LegacyLocation::Text { key: key.as_bytes().to_vec() });
    let field = |key: &str, field: &str| {
        Some(LegacyLocation::HashField { key: key.as_bytes().to_vec(), field: field.as_bytes().to_vec() })
    };
    let keys = keys();
    let conversation = |kind| keys.legacy_conversation(kind, Some("a:b"), "+1 23");
    assert_eq!(
        conversation(Kind::ConversationContext),
        field("jack:dev:conversationContexts:global", "a:b:123")
    );
    assert_eq!(
        keys.legacy_conversation(Kind::ConversationSummary, None, "+1 23"),
        field("jack:dev:conversationSummaries:global", "123")
    );
    assert_eq!(conversation(Kind::HistoryCache), text("jack:dev:historyCache:a:b:123:global"));
    assert_eq!(conversation(Kind::PreComputedContext), None);
    assert_eq!(keys.legacy_phone_to_lead("+1 23"), text("jack:dev:phoneToLead:+1 23:global"));
    assert_eq!(keys.legacy_single(Kind::LeadToPhone, "lead"), text("jack:dev:leadToPhone:lead:global"));
    assert_eq!(keys.legacy_single(Kind::Kv, "key"), None);
    assert_eq!(keys.legacy_organization("org"), text("jack:dev:organization:org:global"));
    assert_eq!(keys.legacy_pair(Kind::SseCache, "lead", "+1"), text("jack:dev:sseCache:lead:+1:global"));
    assert_eq!(keys.legacy_pair(Kind::SseCache, "lead", "x:1"), None);
    assert_eq!(keys.legacy_phone_to_lead(&" ".repeat(2000)), None);
}

#[test]
fn debug_output_shows_no_part_of_a_key() {
    let key = conversation(Some("canary-org"), "+15550001111").unwrap();
    let decoded = keys().decode(key.as_bytes()).unwrap();
    let place = keys().legacy_conversation(Kind::HistoryCache, Some("canary-org"), "15550001111");
    let shown = format!("{decoded:?} {place:?}");
    assert!(!shown.contains("canary") && !shown.contains("1555"), "{shown}");
}
