//! Decodes arbitrary keys, and encodes arbitrary names and decodes them again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgcache::key::{Keys, Kind};

fuzz_target!(|input: &[u8]| {
    let keys = Keys::new("jack:dev:");
    if let Some(decoded) = keys.decode(input) {
        // A key that the decoder accepts is the key that the makers make.
        let mut again = Vec::new();
        let (scope, id) = (decoded.scope.as_deref(), decoded.id.as_deref());
        let made = match (decoded.kind, id, decoded.phone.as_deref()) {
            (Some(Kind::PhoneToLead), Some(id), _) => keys.phone_to_lead(&mut again, id),
            (Some(kind @ (Kind::AgentConfig | Kind::SseCache)), Some(id), Some(phone)) => {
                keys.pair(&mut again, kind, id, phone)
            }
            (Some(kind @ (Kind::LeadToPhone | Kind::DynamicLead | Kind::Kv)), Some(id), _) => {
                keys.single(&mut again, kind, id)
            }
            _ => keys.managed(&mut again, &decoded.type_name, scope, id),
        };
        assert!(made.is_ok());
        assert_eq!(again, input);
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (organization, phone) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let mut key = Vec::new();
    if keys.conversation(&mut key, Kind::ConversationContext, Some(organization), phone).is_ok() {
        let decoded = keys.decode(&key).expect("a key that was made is read");
        assert_eq!(decoded.scope.as_deref(), Some(organization));
    }
});
