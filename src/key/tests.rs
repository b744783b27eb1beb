use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const PREFIX: &str = "jack:dev:";

/// The arguments of one call to a method that makes a key.
#[derive(Debug, Clone, PartialEq)]
enum Call {
    Conversation(Kind, Option<String>, String),
    Organization(String),
    PhoneToLead(String),
    Single(Kind, String),
    Pair(Kind, String, String),
    Managed(String, Option<String>, Option<String>),
    Index(Option<String>),
}

/// The value that a call names. Two calls may share a key only if these are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    Scoped(String, Option<String>, Option<String>),
    Unscoped(Kind, String, Option<String>),
    Index(Option<String>),
}

fn keys() -> Keys {
    Keys::new(PREFIX)
}

fn append(out: &mut Vec<u8>, call: &Call) -> Result<()> {
    append_with(&keys(), out, call)
}

fn append_with(keys: &Keys, out: &mut Vec<u8>, call: &Call) -> Result<()> {
    match call {
        Call::Conversation(kind, org, phone) => keys.conversation(out, *kind, org.as_deref(), phone),
        Call::Organization(org) => keys.organization(out, org),
        Call::PhoneToLead(phone) => keys.phone_to_lead(out, phone),
        Call::Single(kind, id) => keys.single(out, *kind, id),
        Call::Pair(kind, id, phone) => keys.pair(out, *kind, id, phone),
        Call::Managed(type_name, org, id) => keys.managed(out, type_name, org.as_deref(), id.as_deref()),
        Call::Index(org) => keys.organization_index(out, org.as_deref()),
    }
}

fn make(call: &Call) -> Result<String> {
    let mut out = Vec::new();
    append(&mut out, call)?;
    Ok(String::from_utf8(out).unwrap())
}

fn digits_or_text(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { phone.to_owned() } else { digits }
}

fn dialled(phone: &str) -> String {
    let reduced = digits_or_text(phone);
    let is_number = reduced.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && phone.trim_start().starts_with('+') { format!("+{reduced}") } else { reduced }
}

fn identity(call: &Call) -> Identity {
    match call.clone() {
        Call::Conversation(kind, org, phone) => {
            Identity::Scoped(kind.segment().to_owned(), org, Some(digits_or_text(&phone)))
        }
        Call::Organization(org) => Identity::Scoped("organization".to_owned(), Some(org), None),
        Call::PhoneToLead(phone) => Identity::Unscoped(Kind::PhoneToLead, dialled(&phone), None),
        Call::Single(kind, id) => Identity::Unscoped(kind, id, None),
        Call::Pair(kind, id, phone) => Identity::Unscoped(kind, id, Some(digits_or_text(&phone))),
        Call::Managed(type_name, org, id) => Identity::Scoped(type_name, org, id),
        Call::Index(org) => Identity::Index(org),
    }
}

fn identity_of_decoded(decoded: DecodedKey) -> Identity {
    match decoded.kind {
        Some(kind) if kind.scope_holds_an_id() => {
            assert_eq!(decoded.type_name, kind.segment());
            assert_eq!(decoded.scope, None);
            Identity::Unscoped(kind, decoded.id.unwrap(), decoded.phone)
        }
        kind => {
            assert!(kind.is_none_or(|kind| kind.segment() == decoded.type_name));
            assert_eq!(decoded.phone, None);
            Identity::Scoped(decoded.type_name, decoded.scope, decoded.id)
        }
    }
}

fn kinds_of(shape: Shape) -> impl Strategy<Value = Kind> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.shape() == shape).collect();
    prop::sample::select(kinds)
}

/// Names that have broken key schemes, drawn often enough to meet each other.
fn name() -> impl Strategy<Value = String> {
    let mut hard: Vec<String> = [
        "a:b",
        "a",
        "b",
        "*",
        "?",
        "[a]",
        "{x}",
        "global",
        "%67lobal",
        "%2567lobal",
        "Global",
        "",
        "%",
        "%25",
        "%3A",
        ":",
        "::",
        "!index",
        "%21index",
        "организация",
        "org-123",
        "org 123",
        "+123",
        "123",
        " 123",
        "1-2-3",
        "+",
        "++1",
        "\0",
        "\n",
        "\u{661}\u{662}",
        "__proto__",
    ]
    .map(str::to_owned)
    .to_vec();
    for kind in Kind::ALL {
        let segment = kind.segment();
        hard.push(segment.to_owned());
        hard.push(format!("%{:02X}{}", segment.as_bytes()[0], &segment[1..]));
        hard.push(format!("{segment}:+123"));
    }
    prop_oneof![6 => prop::sample::select(hard), 1 => any::<String>(), 1 => "[a:%g0-9+]{0,4}"]
}

fn call() -> impl Strategy<Value = Call> {
    let org = || prop::option::of(name());
    prop_oneof![
        (kinds_of(Shape::Conversation), org(), name()).prop_map(|(k, o, p)| Call::Conversation(k, o, p)),
        name().prop_map(Call::Organization),
        name().prop_map(Call::PhoneToLead),
        (kinds_of(Shape::Single), name()).prop_map(|(kind, id)| Call::Single(kind, id)),
        (kinds_of(Shape::Pair), name(), name()).prop_map(|(kind, id, phone)| Call::Pair(kind, id, phone)),
        (name(), org(), org()).prop_map(|(type_name, org, id)| Call::Managed(type_name, org, id)),
        org().prop_map(Call::Index),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_names_share_a_key_only_when_they_are_the_same_name(
        calls in prop::collection::vec(call(), 2..120),
    ) {
        let mut by_key = HashMap::new();
        let mut by_identity = HashMap::new();
        for call in &calls {
            let Ok(key) = make(call) else { continue };
            let identity = identity(call);
            let known = by_key.entry(key.clone()).or_insert_with(|| identity.clone());
            prop_assert_eq!(&*known, &identity);
            let known = by_identity.entry(identity).or_insert_with(|| key.clone());
            prop_assert_eq!(&*known, &key);
        }
    }

    #[test]
    fn a_key_decodes_to_what_it_was_made_of(call in call()) {
        if let Ok(key) = make(&call) {
            let decoded = keys().decode(key.as_bytes());
            if let Call::Index(_) = &call { prop_assert_eq!(decoded, None) } else { prop_assert_eq!(identity_of_decoded(decoded.unwrap()), identity(&call)) }
        }
    }

    #[test]
    fn with_scopes_in_braces_keys_are_apart_too_and_those_of_an_organization_share_a_slot(
        calls in prop::collection::vec(call(), 2..60),
    ) {
        let tagged = keys().tagged();
        let (mut by_key, mut slots) = (HashMap::new(), HashMap::new());
        for call in &calls {
            let mut key = Vec::new();
            if append_with(&tagged, &mut key, call).is_err() {
                continue;
            }
            let known = by_key.entry(key.clone()).or_insert_with(|| identity(call));
            prop_assert_eq!(&*known, &identity(call));
            if let Call::Index(org) = call {
                prop_assert_eq!(tagged.decode_index(&key), Some(org.clone()));
            } else {
                prop_assert_eq!(tagged.decode_index(&key), None);
                prop_assert_eq!(identity_of_decoded(tagged.decode(&key).unwrap()), identity(call));
            }
            if let Identity::Scoped(_, org, _) | Identity::Index(org) = identity(call) {
                let slot = crate::command::slot_of(&key);
                prop_assert_eq!(*slots.entry(org).or_insert(slot), slot);
            }
        }
    }

    #[test]
    fn only_keys_that_can_be_made_decode(bytes in prop::collection::vec(any::<u8>(), 0..40), tail in "[a-z%:0-9A-F+]{0,24}") {
        let _ = keys().decode(&bytes);
        for type_part in ["", "kv:", "phoneToLead:", "%70honeToLead:", "sseCache:", "historyCache:", "kv:%67"] {
            let key = format!("{PREFIX}{type_part}{tail}");
            let Some(decoded) = keys().decode(key.as_bytes()) else { continue };
            let again = match identity_of_decoded(decoded) {
                Identity::Scoped(type_name, org, id) => Call::Managed(type_name, org, id),
                Identity::Unscoped(Kind::PhoneToLead, phone, _) => Call::PhoneToLead(phone),
                Identity::Unscoped(kind, id, Some(phone)) => Call::Pair(kind, id, phone),
                Identity::Unscoped(kind, id, None) => Call::Single(kind, id),
                Identity::Index(org) => Call::Index(org),
            };
            prop_assert_eq!(make(&again).unwrap(), key);
        }
    }

    #[test]
    fn a_key_is_short_ascii_without_pattern_or_hash_tag_characters(
        call in call(),
        long in "[a-z:*]{0,1400}",
        place in 0usize..4,
    ) {
        let call = match place {
            0 => Call::Conversation(Kind::HistoryCache, Some(long), "1".to_owned()),
            1 => Call::Single(Kind::Kv, long),
            2 => Call::Managed(long, None, None),
            _ => call,
        };
        if let Ok(key) = make(&call) {
            prop_assert!(key.len() <= MAX_KEY_BYTES);
            prop_assert!(key.bytes().all(|byte| byte.is_ascii_graphic()));
            let special = ['*', '?', '[', ']', '\\', '{', '}', '^'];
            prop_assert!(!key.contains(special));
        }
    }

    #[test]
    fn a_failed_append_leaves_the_buffer_as_it_was(call in call(), filler in 900usize..1200) {
        let mut out = b"before".to_vec();
        let long = match call {
            Call::Conversation(kind, _, phone) => Call::Conversation(kind, Some("x".repeat(filler)), phone),
            Call::Managed(type_name, org, _) => Call::Managed(type_name, org, Some(":".repeat(filler))),
            other => other,
        };
        match append(&mut out, &long) {
            Ok(()) => prop_assert!(out.len() > "before".len()),
            Err(error) => {
                prop_assert_eq!(error.code(), ErrorCode::Key);
                prop_assert_eq!(&out[..], b"before");
            }
        }
    }

    #[test]
    fn a_map_key_splits_back_into_its_parts(org in prop::option::of(name()), phone in name()) {
        prop_assume!(!phone.is_empty());
        let key = org_key(org.as_deref(), &phone).unwrap();
        let (parsed_org, parsed_phone) = parse_org_key(&key);
        prop_assert_eq!(parsed_org, org.as_deref());
        let expected = digits_or_text(&phone).replace('%', "%25").replace(':', "%3A");
        prop_assert_eq!(parsed_phone, expected);
    }

    #[test]
    fn an_old_place_is_never_a_new_key(call in call()) {
        let keys = keys();
        let place = match &call {
            Call::Conversation(kind, org, phone) => keys.legacy_conversation(*kind, org.as_deref(), phone),
            Call::Organization(org) => keys.legacy_organization(org),
            Call::PhoneToLead(phone) => keys.legacy_phone_to_lead(phone),
            Call::Single(kind, id) => keys.legacy_single(*kind, id),
            Call::Pair(kind, id, phone) => keys.legacy_pair(*kind, id, phone),
            Call::Managed(..) | Call::Index(_) => None,
        };
        if let Some(LegacyLocation::Text { key }) = place {
            prop_assert!(keys.decode(&key).is_none());
        }
    }
}

#[test]
fn hard_names_in_every_position_of_every_method_keep_their_keys_apart() {
    let names = [
        "a",
        "a:b",
        "b",
        "*",
        "{x}",
        "global",
        "%67lobal",
        "",
        "организация",
        "+123",
        "123",
        "phoneToLead",
        "%70honeToLead",
        "agentConfig",
        "kv",
        "organization",
        "conversationContexts",
        "!index",
    ]
    .map(str::to_owned);
    let optional: Vec<Option<String>> =
        names.iter().cloned().map(Some).chain(std::iter::once(None)).collect();
    let mut calls = Vec::new();
    for first in &names {
        calls.push(Call::Organization(first.clone()));
        calls.push(Call::PhoneToLead(first.clone()));
        for kind in Kind::ALL {
            calls.push(Call::Single(kind, first.clone()));
            calls.extend(names.iter().map(|phone| Call::Pair(kind, first.clone(), phone.clone())));
            calls.extend(optional.iter().map(|org| Call::Conversation(kind, org.clone(), first.clone())));
        }
        for org in &optional {
            calls.extend(optional.iter().map(|id| Call::Managed(first.clone(), org.clone(), id.clone())));
        }
    }
    calls.extend(optional.into_iter().map(Call::Index));

    let mut by_key = HashMap::new();
    for call in &calls {
        let Ok(key) = make(call) else { continue };
        let known = by_key.entry(key).or_insert_with(|| identity(call));
        assert_eq!(*known, identity(call));
    }
    assert!(by_key.len() > 7_000, "only {} keys were compared", by_key.len());
}

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
