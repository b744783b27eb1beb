use proptest::prelude::*;

use super::*;

const COMPRESSING: [Mode; 3] = [Mode::Lz4, Mode::Zstd, Mode::Auto];

fn encoded(mode: Mode, threshold_bytes: usize, json: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Codec::new(mode, threshold_bytes).encode(json, &mut out).unwrap();
    out
}

fn decoded(stored: &[u8]) -> Result<Cow<'_, [u8]>, Corrupt> {
    Codec::new(Mode::Auto, 1024).decode(stored)
}

fn conversation(bytes: usize) -> Vec<u8> {
    let mut json = b"[".to_vec();
    while json.len() < bytes {
        json.extend_from_slice(br#"{"role":"user","content":"where is my order?"},"#);
    }
    *json.last_mut().unwrap() = b']';
    json
}

fn stored(version: u8, length: u32, payload: &[u8]) -> Vec<u8> {
    [&[MARK, version][..], &length.to_le_bytes(), payload].concat()
}

#[test]
fn json_below_the_threshold_is_stored_as_it_is() {
    let json = conversation(900);
    for mode in Mode::ALL {
        assert_eq!(encoded(mode, json.len() + 1, &json), json);
    }
}

#[test]
fn from_the_threshold_on_compression_that_wins_is_used_and_undone() {
    let json = conversation(4096);
    for mode in COMPRESSING {
        let stored = encoded(mode, json.len(), &json);
        assert_eq!(stored[0], 0);
        assert!(stored.len() < json.len() / 4, "{mode:?} made {} bytes", stored.len());
        assert_eq!(decoded(&stored).unwrap(), json);
    }
    assert_eq!(encoded(Mode::None, 0, &json), json);
}

#[test]
fn auto_takes_lz4_for_small_values_and_zstd_for_large_ones() {
    let version = |bytes| encoded(Mode::Auto, 1024, &conversation(bytes))[1];
    assert_eq!(version(1024), LZ4_VERSION);
    assert_eq!(version(AUTO_ZSTD_FROM_BYTES - 100), LZ4_VERSION);
    assert_eq!(version(AUTO_ZSTD_FROM_BYTES), ZSTD_VERSION);
}

#[test]
fn what_compression_would_make_larger_is_stored_as_it_is() {
    for mode in COMPRESSING {
        assert_eq!(encoded(mode, 0, b"\"8ad1\""), b"\"8ad1\"");
        assert_eq!(encoded(mode, 0, b"1"), b"1");
    }
}

#[test]
fn encoding_appends_and_leaves_what_is_there() {
    let json = conversation(2048);
    for mode in Mode::ALL {
        let mut out = b"before".to_vec();
        Codec::new(mode, 0).encode(&json, &mut out).unwrap();
        assert_eq!(decoded(out.strip_prefix(b"before").unwrap()).unwrap(), json);
    }
}

#[test]
fn a_value_over_the_cap_is_refused_by_size_and_leaves_the_buffer() {
    let codec = Codec::new(Mode::Auto, 1024);
    let mut out = b"before".to_vec();
    let error = codec.encode(&vec![b'7'; MAX_VALUE_BYTES + 1], &mut out).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ValueTooLarge);
    assert!(error.message().contains("16777217") && error.message().contains("16777216"));
    assert_eq!(out, b"before");
}

#[test]
fn a_value_of_exactly_the_cap_comes_back() {
    for byte in [b'7', b' '] {
        let json = vec![byte; MAX_VALUE_BYTES];
        for mode in Mode::ALL {
            assert!(decoded(&encoded(mode, 1024, &json)).unwrap() == json);
        }
    }
}

#[test]
fn what_the_javascript_layer_wrote_is_read() {
    assert_eq!(decoded(b"[1,2]").unwrap(), &b"[1,2]"[..]);
    assert_eq!(decoded(b"compressed:{\"a\":1}").unwrap(), &b"{\"a\":1}"[..]);
    assert!(Codec::is_legacy(b"compressed:{\"a\":1}"));
    assert!(!Codec::is_legacy(b"[1,2]"));
}

#[test]
fn what_is_not_compressed_is_not_copied() {
    assert!(matches!(decoded(b"[1,2]"), Ok(Cow::Borrowed(_))));
    assert!(matches!(decoded(b"compressed:[1]"), Ok(Cow::Borrowed(_))));
}

#[test]
fn nothing_is_not_a_value() {
    for stored in [&b""[..], b"compressed:", b"\0", b"\0\x01", b"\0\x02\x05\0\0"] {
        assert_eq!(decoded(stored), Err(Corrupt::Truncated));
    }
}

#[test]
fn an_unknown_version_is_not_guessed_at() {
    for version in [0, 3, b'{', 255] {
        assert_eq!(decoded(&stored(version, 5, b"hello")), Err(Corrupt::UnknownVersion));
    }
}

#[test]
fn a_claim_over_the_cap_is_refused_whatever_follows() {
    for version in [LZ4_VERSION, ZSTD_VERSION] {
        for claim in [MAX_VALUE_BYTES as u32 + 1, u32::MAX] {
            assert_eq!(decoded(&stored(version, claim, b"")), Err(Corrupt::TooLarge));
        }
    }
    assert_eq!(decoded(&vec![b'1'; MAX_VALUE_BYTES + 1]), Err(Corrupt::TooLarge));
}

#[test]
fn a_claim_of_nothing_is_refused() {
    for (version, payload) in
        [(LZ4_VERSION, lz4_flex::block::compress(b"")), (ZSTD_VERSION, zstd::bulk::compress(b"", 1).unwrap())]
    {
        assert_eq!(decoded(&stored(version, 0, &payload)), Err(Corrupt::WrongLength));
    }
}

#[test]
fn an_lz4_payload_too_short_for_its_claim_is_refused_before_memory_is_taken() {
    let claim = MAX_VALUE_BYTES as u32;
    assert_eq!(decoded(&stored(LZ4_VERSION, claim, &[0xff; 100])), Err(Corrupt::WrongLength));
}

#[test]
fn a_bomb_that_claims_little_is_refused() {
    let bomb = vec![b' '; 4 * MAX_VALUE_BYTES];
    let zstd_bomb = zstd::bulk::compress(&bomb, 1).unwrap();
    let lz4_bomb = lz4_flex::block::compress(&bomb);
    for claim in [10, MAX_VALUE_BYTES as u32] {
        assert_eq!(decoded(&stored(ZSTD_VERSION, claim, &zstd_bomb)), Err(Corrupt::WrongLength));
        assert_eq!(decoded(&stored(LZ4_VERSION, claim, &lz4_bomb)), Err(Corrupt::WrongLength));
    }
}

#[test]
fn zstd_frames_that_hide_their_length_or_come_in_numbers_are_refused() {
    let json = conversation(4096);
    let mut hiding = zstd::bulk::Compressor::new(1).unwrap();
    hiding.set_parameter(zstd::zstd_safe::CParameter::ContentSizeFlag(false)).unwrap();
    let frame = hiding.compress(&json).unwrap();
    assert_eq!(decoded(&stored(ZSTD_VERSION, json.len() as u32, &frame)), Err(Corrupt::WrongLength));
    let frame = zstd::bulk::compress(&json, 1).unwrap();
    let twice = [&frame[..], &frame[..]].concat();
    assert_eq!(decoded(&stored(ZSTD_VERSION, json.len() as u32, &twice)), Err(Corrupt::Damaged));
}

#[test]
fn every_truncation_of_a_compressed_value_is_found() {
    let json = conversation(2000);
    for mode in COMPRESSING {
        let whole = encoded(mode, 0, &json);
        for length in 0..whole.len() {
            assert!(decoded(&whole[..length]).is_err(), "{mode:?} cut to {length} of {}", whole.len());
        }
    }
}

#[test]
fn a_codec_is_shared_by_threads() {
    let codec = Codec::new(Mode::Auto, 0);
    std::thread::scope(|scope| {
        for size in 1..9 {
            let codec = &codec;
            scope.spawn(move || {
                let json = conversation(size * 1000);
                for _ in 0..50 {
                    let mut out = Vec::new();
                    codec.encode(&json, &mut out).unwrap();
                    assert_eq!(codec.decode(&out).unwrap(), json);
                }
            });
        }
    });
}

#[test]
fn a_workspace_that_met_damage_still_works() {
    let codec = Codec::new(Mode::Zstd, 0);
    let json = conversation(4096);
    let mut out = Vec::new();
    codec.encode(&json, &mut out).unwrap();
    let mut damaged = out.clone();
    *damaged.last_mut().unwrap() ^= 0xff;
    damaged.truncate(out.len() - 1);
    for _ in 0..3 {
        assert!(codec.decode(&damaged).is_err());
        assert_eq!(codec.decode(&out).unwrap(), json);
    }
}

#[test]
fn a_mode_is_found_by_its_name() {
    for mode in Mode::ALL {
        assert_eq!(Mode::from_name(mode.name()), Some(mode));
    }
    assert_eq!(Mode::from_name("gzip"), None);
}

#[test]
fn a_reason_tells_nothing_of_the_value() {
    let reason = decoded(b"\0\x07canary").unwrap_err();
    assert!(!format!("{reason} {reason:?}").contains("canary"));
}

proptest! {
    #[test]
    fn any_text_comes_back(json in "\\PC{1,400}", repeats in 1..30usize, threshold in 0..3000usize) {
        let json = json.repeat(repeats).into_bytes();
        for mode in Mode::ALL {
            let stored = encoded(mode, threshold, &json);
            prop_assert!(stored.len() <= json.len());
            prop_assert_eq!(decoded(&stored).unwrap(), &json[..]);
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic_or_exceed_the_cap(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for version in [None, Some(LZ4_VERSION), Some(ZSTD_VERSION)] {
            let stored = match version {
                Some(version) => [&[MARK, version][..], &bytes].concat(),
                None => bytes.clone(),
            };
            if let Ok(json) = decoded(&stored) {
                prop_assert!(!json.is_empty());
                prop_assert!(json.len() <= MAX_VALUE_BYTES);
            }
        }
    }

    #[test]
    fn a_flipped_bit_never_gives_a_value_of_another_length(
        size in 300..3000usize, position in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        let json = conversation(size);
        for mode in COMPRESSING {
            let mut stored = encoded(mode, 0, &json);
            let payload = &mut stored[2 + size_of::<u32>()..];
            let at = position.index(payload.len());
            payload[at] ^= 1 << bit;
            if let Ok(value) = decoded(&stored) {
                prop_assert_eq!(value.len(), json.len());
            }
        }
    }
}
