//! Decodes arbitrary stored bytes: no panic, no more memory than the cap, and a value that the codec encodes
//! is decoded unchanged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgcache::codec::{Codec, MAX_VALUE_BYTES, Mode};

fuzz_target!(|input: &[u8]| {
    let codec = Codec::new(Mode::Auto, 64);
    if let Ok(json) = codec.decode(input) {
        assert!(json.len() <= MAX_VALUE_BYTES);
    }
    // A JSON text does not begin with NUL and does not carry the JavaScript layer's mark.
    if input.is_empty() || input[0] == 0 || Codec::is_legacy(input) {
        return;
    }
    for mode in Mode::ALL {
        let codec = Codec::new(mode, 1);
        let mut stored = Vec::new();
        if codec.encode(input, &mut stored).is_ok() {
            assert_eq!(codec.decode(&stored).as_deref(), Ok(input));
        }
    }
});
