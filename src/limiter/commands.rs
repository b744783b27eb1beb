//! Requests on single keys, and how a request is sent to a server that does not know its script.

use super::policy::{Algorithm, Policy};
use super::scripts::{BLOCK_SHA, REFUND_SHA, RELEASE_SHA, RENEW_SHA, text_of};
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

/// What a lease holds of one key.
#[derive(Debug, Clone, Copy)]
pub struct LeasePart<'a> {
    pub key: &'a [u8],
    pub length_ms: u64,
    pub cost: u64,
}

/// Appends what ends the lease `name`, which holds these parts. The reply is how much of their costs was there.
pub fn append_release<'a>(
    name: &[u8],
    parts: impl ExactSizeIterator<Item = LeasePart<'a>> + Clone,
    out: &mut Vec<u8>,
) {
    append_header(out, 4 + 3 * parts.len());
    append_argument(out, b"EVALSHA");
    append_argument(out, RELEASE_SHA.as_slice());
    append_number(out, parts.len() as u64);
    parts.clone().for_each(|part| append_argument(out, part.key));
    append_argument(out, name);
    for LeasePart { length_ms, cost, .. } in parts {
        append_number(out, length_ms);
        append_number(out, cost);
    }
}

/// Appends what prolongs leases of the key `key`: their names, lengths and costs. The reply is how much of their costs was
/// not there.
pub fn append_renew<'a>(
    key: &[u8],
    leases: impl ExactSizeIterator<Item = (&'a [u8], u64, u64)>,
    out: &mut Vec<u8>,
) {
    append_header(out, 4 + 3 * leases.len());
    append_argument(out, b"EVALSHA");
    append_argument(out, RENEW_SHA.as_slice());
    append_argument(out, b"1");
    append_argument(out, key);
    for (name, length_ms, cost) in leases {
        append_argument(out, name);
        append_number(out, length_ms);
        append_number(out, cost);
    }
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
        Algorithm::Calendar => (b"c", policy.period().length_ms().unwrap_or(0)),
        Algorithm::Concurrency => (b"h", policy.window_ms()),
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
    use super::super::policy_options::PolicyOptions;
    use super::super::scripts::{BLOCK, REFUND, RELEASE, RENEW};
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
        let (mut release, mut renew) = (Vec::new(), Vec::new());
        let parts = [("a", 1), ("b", 2)].map(|(key, cost)| LeasePart {
            key: key.as_bytes(),
            length_ms: 30_000,
            cost,
        });
        append_release(b"name", parts.into_iter(), &mut release);
        append_renew(b"a", [(&b"name"[..], 30_000, 1)].into_iter(), &mut renew);
        for (request, text) in [(&refund, REFUND), (&block, BLOCK), (&release, RELEASE), (&renew, RENEW)] {
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
        assert_eq!(
            words(&release)[2..],
            [&b"2"[..], b"a", b"b", b"name", b"30000", b"1", b"30000", b"2"].map(<[u8]>::to_vec)
        );
        assert_eq!(words(&renew)[2..], [&b"1"[..], b"a", b"name", b"30000", b"1"].map(<[u8]>::to_vec));
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
