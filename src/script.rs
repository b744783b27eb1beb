//! Lua for Redis, embedded from `.lua` files.
//!
//! Promises: `lua!` embeds a file at compile time without comments, indentation and empty lines, because EVAL
//! sends the script's text with each request. Relies on files with comments on lines of their own and no text
//! of several lines, which `tests/architecture.rs` checks. Never runs a script and never names a key.

/// Embeds the Lua file at a path relative to this source file, as the bytes that EVAL sends.
macro_rules! lua {
    ($file:literal) => {{
        const SOURCE: &[u8] = include_bytes!($file);
        const LENGTH: usize = $crate::script::strip(SOURCE, &mut []);
        const SENT: [u8; LENGTH] = {
            let mut sent = [0; LENGTH];
            $crate::script::strip(SOURCE, &mut sent);
            sent
        };
        &SENT
    }};
}
pub(crate) use lua;

/// Writes the script's code into `into`, as far as it fits. Returns the length of the code.
pub const fn strip(source: &[u8], into: &mut [u8]) -> usize {
    let mut rest = source;
    let mut length = 0;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(line_length(rest));
        rest = after;
        let code = line.trim_ascii();
        if code.is_empty() || matches!(code, [b'-', b'-', ..]) {
            continue;
        }
        if length > 0 {
            put(into, length, b'\n');
            length += 1;
        }
        let mut at = 0;
        while at < code.len() {
            put(into, length + at, code[at]);
            at += 1;
        }
        length += code.len();
    }
    length
}

/// The length of the first line including its end.
const fn line_length(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        at += 1;
        if text[at - 1] == b'\n' {
            break;
        }
    }
    at
}

const fn put(into: &mut [u8], at: usize, byte: u8) {
    if at < into.len() {
        into[at] = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(source: &str) -> String {
        let mut sent = vec![0; strip(source.as_bytes(), &mut [])];
        assert_eq!(strip(source.as_bytes(), &mut sent), sent.len());
        String::from_utf8(sent).unwrap()
    }

    #[test]
    fn the_code_remains_of_a_script() {
        let source = "-- header\n--\n\nlocal a = 1\n  -- why\n  if a - 1 == 0 then\n\treturn 'x  y'\n  end\n";
        assert_eq!(stripped(source), "local a = 1\nif a - 1 == 0 then\nreturn 'x  y'\nend");
    }

    #[test]
    fn the_line_ends_of_windows_are_not_sent() {
        assert_eq!(stripped("-- header\r\nlocal a = 1\r\n\r\nreturn a\r\n"), "local a = 1\nreturn a");
    }

    #[test]
    fn a_script_may_end_without_a_line_end() {
        assert_eq!(stripped("-- header\nreturn 1"), "return 1");
        assert_eq!(stripped("return 1 -- kept"), "return 1 -- kept");
    }

    #[test]
    fn a_script_without_code_is_empty() {
        assert_eq!(stripped(""), "");
        assert_eq!(stripped("-- header"), "");
    }
}
