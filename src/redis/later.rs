//! Requests that Redis did not take, and that it must take later.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::lane::{append_header, append_integer_argument};

/// Keeps requests of all rooms until Redis takes them. The first room has the journal for it.
pub trait Later: Send + Sync {
    /// # Errors
    /// `E_OVERLOADED`: there is no room for it. `E_CONFIG`: the journal's file cannot be written.
    fn keep(&self, due: &Due<'_>, now: Instant) -> Result<()>;
}

/// A request that runs a script, in which its age in ms is still missing as the last argument. The script must do no harm
/// whenever it runs, and however often; its reply is a list that begins with 1.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// Tells it from others. A later one of the same name takes its place. Braces around a part of it choose the slot that
    /// the request's keys are in.
    pub name: &'a [u8],
    pub request: &'a [u8],
    /// After this time it makes no difference any more.
    pub life: Duration,
}

/// Appends a request that was kept, with its age. False, and nothing, where the bytes are no such request.
pub fn append_aged(request: &[u8], age: Duration, out: &mut Vec<u8>) -> bool {
    let Some(end) = request.iter().position(|byte| *byte == b'\n') else { return false };
    let (head, rest) = request.split_at(end + 1);
    let count = head.strip_prefix(b"*").and_then(|line| line.strip_suffix(b"\r\n"));
    let Some(count) = count.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok()) else {
        return false;
    };
    append_header(out, count + 1);
    out.extend_from_slice(rest);
    // An age of 0 says that it is no late request.
    append_integer_argument(out, (age.as_millis() as i64).max(1));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::append_command;

    #[test]
    fn a_request_gets_its_age_as_its_last_argument() {
        let (mut kept, mut sent, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        append_command(&mut kept, &[b"EVAL", b"return\r\n{1}", b"0"]);
        assert!(append_aged(&kept, Duration::from_millis(17), &mut sent));
        append_command(&mut expected, &[b"EVAL", b"return\r\n{1}", b"0", b"17"]);
        assert_eq!(sent, expected);
        sent.clear();
        assert!(append_aged(&kept, Duration::ZERO, &mut sent));
        assert!(sent.ends_with(b"$1\r\n1\r\n"));
        sent.clear();
        for wrong in [&b""[..], b"EVAL\r\n", b"*x\r\n$1\r\na\r\n"] {
            assert!(!append_aged(wrong, Duration::ZERO, &mut sent) && sent.is_empty());
        }
    }
}
