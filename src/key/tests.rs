use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

mod documented;
mod properties;

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
