//! Reads arbitrary stored bytes as an entry of a cache: no panic, no more memory than the cap, and an entry that was
//! accepted is written as it was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgcache::codec::{Codec, MAX_VALUE_BYTES, Mode};
use orgcache::entries::{Entry, NewEntry, Payload, Versions};

const COMPRESSED: u8 = 1;

fuzz_target!(|input: &[u8]| {
    let codec = Codec::new(Mode::None, 0);
    let Some(entry) = Entry::parse(input) else { return };
    let Ok(payload) = entry.payload(&codec) else { return };
    assert!(payload.len() <= MAX_VALUE_BYTES);
    let tags: Vec<(Vec<u8>, Option<Versions>)> =
        entry.tags().map(|tag| (tag.name.to_vec(), Some(tag.versions))).collect();
    assert_eq!(tags.is_empty(), !entry.has_tags());
    let again = NewEntry {
        nonce: entry.nonce,
        factory_ms: entry.factory_ms,
        grace_ms: entry.grace_ms,
        ttl_ms: entry.ttl_ms,
        tags: &tags,
        meta: entry.meta,
        payload: match (entry.is_absent(), entry.is_of_v8()) {
            (true, _) => Payload::Absent,
            (false, true) => Payload::V8(&payload),
            (false, false) => Payload::Json(&payload),
        },
    };
    let mut written = Vec::new();
    again.append(&codec, false, &mut written).expect("it is no larger than what was read");
    if input[2] & COMPRESSED == 0 {
        assert_eq!(written, input);
    }
    let read = Entry::parse(&written).expect("what was written is an entry");
    assert_eq!(read.payload(&codec).as_deref(), Ok(&payload[..]));
    assert_eq!((read.nonce, read.meta, read.grace_ms), (entry.nonce, entry.meta, entry.grace_ms));
    assert!(read.tags().eq(entry.tags()));
});
