//! What holds for keys of any name.

use super::*;

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
