//! Requests on single keys, and how a request is sent to a server that does not know its script.

use super::policy::{Algorithm, Policy};
use super::scripts::{BLOCK_SHA, REFUND_SHA, text_of};
use crate::lane::{append_argument, append_header};

/// Appends a refund of `cost`, which was taken at `taken_us` of the server's time; `None`: the newest. The reply is 1, or 0
/// where nothing was left to give back.
pub fn append_refund(key: &[u8], policy: &Policy, cost: u64, taken_us: Option<u64>, out: &mut Vec<u8>) {
    append_header(out, 9);
    append_argument(out, b"EVALSHA");
    append_argument(out, REFUND_SHA.as_slice());
    append_argument(out, b"1");
    append_argument(out, key);
    append_policy(policy, out);
    append_number(out, cost);
    append_number(out, taken_us.unwrap_or(0));
}

/// Appends a block by the key `key`, which lasts `length_ms`. The reply is 1.
pub fn append_block(key: &[u8], length_ms: u64, out: &mut Vec<u8>) {
    append_header(out, 5);
    append_argument(out, b"EVALSHA");
    append_argument(out, BLOCK_SHA.as_slice());
    append_argument(out, b"1");
    append_argument(out, key);
    append_number(out, length_ms);
}

/// Appends a request of the limiter that a server refused because it does not know the script, with the script's text.
/// False where it is no request by SHA-1; then nothing is appended.
pub fn append_eval(request: &[u8], out: &mut Vec<u8>) -> bool {
    crate::redis::append_eval(request, text_of, out)
}

/// Appends the first three of a policy's numbers, as every script takes them.
pub(super) fn append_policy(policy: &Policy, out: &mut Vec<u8>) {
    let (letter, span) = match policy.algorithm() {
        Algorithm::Sliding => (b"s", policy.window_ms()),
        Algorithm::Log => (b"l", policy.window_ms()),
        Algorithm::Gcra => (b"g", policy.interval_us()),
        Algorithm::Fixed => (b"f", policy.window_ms()),
    };
    append_argument(out, letter);
    append_number(out, policy.capacity());
    append_number(out, span);
}

pub(super) fn append_number(out: &mut Vec<u8>, number: u64) {
    append_argument(out, itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::policy::PolicyOptions;
    use super::super::scripts::{BLOCK, REFUND};
    use super::*;
    use crate::lane::commands_of;

    fn words(request: &[u8]) -> Vec<Vec<u8>> {
        commands_of(request).next().unwrap().into_iter().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn a_request_becomes_one_with_the_text_of_its_script() {
        let options =
            PolicyOptions { limit: Some(5.0), window_seconds: Some(60.0), ..PolicyOptions::default() };
        let policy = Policy::new("p", &options).unwrap();
        let (mut refund, mut block) = (Vec::new(), Vec::new());
        append_refund(b"state\r\n", &policy, 3, Some(7), &mut refund);
        append_block(b"block", 9000, &mut block);
        for (request, text) in [(&refund, REFUND), (&block, BLOCK)] {
            let mut whole = Vec::new();
            assert!(append_eval(request, &mut whole));
            let (by_sha, by_text) = (words(request), words(&whole));
            assert_eq!(by_text[..2], [b"EVAL".to_vec(), text.to_vec()]);
            assert_eq!(by_sha[2..], by_text[2..]);
        }
        assert_eq!(
            words(&refund)[3..],
            [&b"state\r\n"[..], b"s", b"5", b"60000", b"3", b"7"].map(<[u8]>::to_vec)
        );
    }

    #[test]
    fn other_requests_are_left_alone() {
        let mut out = Vec::new();
        for request in [
            &b""[..],
            b"*1\r\n$4\r\nPING\r\n",
            b"*3\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n0\r\n",
            b"*3\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1",
        ] {
            assert!(!append_eval(request, &mut out));
        }
        assert!(out.is_empty());
    }
}
