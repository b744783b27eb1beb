//! Queries as keys: which text of SQL only reads, and what its answer is kept under.
//!
//! The dialects of SQL differ in strings and comments. A text is read in both ways that there are, and refused where one
//! of them finds something else than one statement that reads. Names of functions tell nothing of what they do.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode, Result};

/// 128 bits: no two queries of an application meet.
const KEY_BYTES: usize = 16;
/// What a statement that reads may begin with.
const READS: [&str; 4] = ["SELECT", "VALUES", "TABLE", "WITH"];
/// Words that no statement which only reads has, but behind a dot or in quotes: they change data, or make a table.
const CHANGES: [&str; 7] = ["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TRUNCATE", "INTO"];
/// What stands between FOR and the strength of a lock.
const LOCKS: [&str; 3] = ["UPDATE", "SHARE", "NO"];

/// The key of a query: a hash of its text and of its parameters, which JavaScript has written with their types.
///
/// # Errors
/// `E_QUERY`: the text may do more than read.
pub fn query_key(sql: &str, parameters: &str) -> Result<String> {
    let readings = [Backslash::Plain, Backslash::Escapes].map(|backslash| words(sql, backslash));
    // A text that ends within a string is none of that dialect.
    let mut whole = readings.iter().flatten().peekable();
    if whole.peek().is_none() {
        return Err(refusal("a string, a name or a comment does not end, or a server would run a comment"));
    }
    whole.try_for_each(|words| check(words))?;
    let mut hash = Sha256::new();
    hash.update((sql.len() as u64).to_be_bytes());
    hash.update(sql);
    hash.update(parameters);
    let digest = hash.finalize();
    let mut key = String::with_capacity(2 * KEY_BYTES);
    for byte in &digest[..KEY_BYTES] {
        let _ = write!(key, "{byte:02x}");
    }
    Ok(key)
}

fn refusal(why: &str) -> Error {
    Error::new(
        ErrorCode::Query,
        format!(
            "the query cannot be cached: {why}; allowed is one SELECT, VALUES, TABLE or WITH that reads and locks nothing"
        ),
    )
}

/// What a backslash in a string is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    /// The SQL standard and `PostgreSQL`, but for `E''`.
    Plain,
    /// `MySQL`.
    Escapes,
}

/// A part of a statement that stands in no string, quoted name or comment.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    /// A name in upper case that no dot precedes.
    Name(String),
    Open,
    Semicolon,
    /// Everything else.
    Other,
}

fn check(words: &[Word]) -> Result<()> {
    let first = words.iter().find(|word| **word != Word::Open);
    let begins = matches!(first, Some(Word::Name(name)) if READS.contains(&name.as_str()));
    if !begins {
        return Err(refusal("it begins with another word"));
    }
    let end = words.iter().position(|word| *word == Word::Semicolon).unwrap_or(words.len());
    if words[end..].iter().any(|word| *word != Word::Semicolon) {
        return Err(refusal("it has several statements"));
    }
    let names: Vec<_> = words
        .iter()
        .map(|word| match word {
            Word::Name(name) => name.as_str(),
            _ => "",
        })
        .collect();
    let locks = names.windows(2).any(|pair| pair[0] == "FOR" && LOCKS.contains(&pair[1]));
    let locks_for_key = names.windows(3).any(|three| three == ["FOR", "KEY", "SHARE"]);
    let locks_in_mode = names.windows(3).any(|three| three == ["LOCK", "IN", "SHARE"]);
    if locks || locks_for_key || locks_in_mode {
        return Err(refusal("it locks rows"));
    }
    // REPLACE( is a function.
    let changes = words.iter().enumerate().any(|(at, word)| match word {
        Word::Name(name) if name == "REPLACE" => words.get(at + 1) != Some(&Word::Open),
        Word::Name(name) => CHANGES.contains(&name.as_str()),
        _ => false,
    });
    if changes { Err(refusal("it changes data")) } else { Ok(()) }
}

/// The words of a text; `None` where a string, a quoted name or a comment does not end.
fn words(sql: &str, backslash: Backslash) -> Option<Vec<Word>> {
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest[0] {
            byte if byte.is_ascii_whitespace() => 1,
            b'-' if rest.starts_with(b"--") => {
                rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
            }
            b'/' if rest.starts_with(b"/*") => comment(rest)?,
            quote @ (b'\'' | b'"' | b'`') => {
                words.push(Word::Other);
                quoted(
                    rest,
                    quote,
                    if is_escape_string(&bytes[..at]) { Backslash::Escapes } else { backslash },
                )?
            }
            b'$' => {
                words.push(Word::Other);
                dollar_quoted(rest)?
            }
            byte if is_name(byte) => {
                let length = rest.iter().take_while(|byte| is_name(**byte)).count();
                words.push(name(&rest[..length], bytes[..at].trim_ascii_end().last()));
                length
            }
            b'(' => {
                words.push(Word::Open);
                1
            }
            b';' => {
                words.push(Word::Semicolon);
                1
            }
            _ => {
                words.push(Word::Other);
                1
            }
        };
        at += length;
    }
    Some(words)
}

/// Whether an E of `PostgreSQL` stands before a string.
fn is_escape_string(before: &[u8]) -> bool {
    match before {
        [.., byte, b'E' | b'e'] => !is_name(*byte),
        _ => before.eq_ignore_ascii_case(b"e"),
    }
}

/// Names may hold any letter.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

fn name(name: &[u8], before: Option<&u8>) -> Word {
    if before == Some(&b'.') || name[0].is_ascii_digit() {
        return Word::Other;
    }
    Word::Name(String::from_utf8_lossy(name).to_uppercase())
}

/// The length of a comment at the beginning of a text. `MySQL` runs what stands in one with an exclamation mark.
fn comment(text: &[u8]) -> Option<usize> {
    if text.get(2) == Some(&b'!') {
        return None;
    }
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match text.get(at..at + 2)? {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    Some(at)
}

/// The length of a quoted text; a doubled quote is one of its characters.
fn quoted(text: &[u8], quote: u8, backslash: Backslash) -> Option<usize> {
    let mut at = 1;
    loop {
        let byte = *text.get(at)?;
        let is_escaped = byte == b'\\' && backslash == Backslash::Escapes && quote != b'`';
        let is_doubled = byte == quote && text.get(at + 1) == Some(&quote);
        if is_escaped || is_doubled {
            at += 2;
        } else if byte == quote {
            return Some(at + 1);
        } else {
            at += 1;
        }
    }
}

/// The length of a text between two equal tags of dollars; of one character for a parameter such as $1.
fn dollar_quoted(text: &[u8]) -> Option<usize> {
    let Some(end) = text[1..].iter().position(|byte| *byte == b'$') else { return Some(1) };
    let tag = &text[..end + 2];
    let inner = &tag[1..=end];
    let is_tag = inner.iter().all(|byte| is_name(*byte)) && !inner.first().is_some_and(u8::is_ascii_digit);
    if !is_tag {
        return Some(1);
    }
    let body = &text[tag.len()..];
    let end = body.windows(tag.len()).position(|part| part == tag)?;
    Some(tag.len() + end + tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_allowed(sql: &str) -> bool {
        query_key(sql, "[]").is_ok()
    }

    #[test]
    fn what_reads_is_allowed() {
        for sql in [
            "SELECT 1",
            "  select * from t -- DELETE FROM t",
            "((SELECT 1) UNION (SELECT 2)) ORDER BY 1;",
            "VALUES (1)",
            "TABLE t",
            "WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a ;; ",
            "SELECT 'DELETE; FOR UPDATE', \"update\", `into` FROM t",
            "SELECT t.update, t . into, $1::text, replace(a, 'b', 'c') FROM t",
            "SELECT $tag$ FOR UPDATE $$ $tag$, $$;$$",
            "/* insert /* into */ t */ SELECT substring(a FOR 2)",
            "SELECT 'it''s', E'\\'', '\\' FROM t",
            "SELECT größe, $1, $2 FROM t",
        ] {
            assert!(is_allowed(sql), "{sql}");
        }
    }

    #[test]
    fn what_may_do_more_is_refused() {
        for sql in [
            "",
            "-- SELECT 1",
            "1",
            "INSERT INTO t VALUES (1)",
            "update t set a = 1",
            "SELECT 1; DELETE FROM t",
            "SELECT 1;;SELECT 2",
            "SELECT * FROM t FOR UPDATE SKIP LOCKED",
            "SELECT * FROM t for no key update",
            "SELECT * FROM t FOR KEY SHARE",
            "SELECT * FROM t FOR /**/ SHARE",
            "SELECT * FROM t LOCK IN SHARE MODE",
            "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "SELECT * INTO other FROM t",
            "SELECT 1 /* /* */; DELETE FROM t",
            "EXPLAIN ANALYZE SELECT 1",
            "CALL f()",
            "COPY t TO STDOUT",
            "/*! DELETE FROM t */ SELECT 1",
            "SELECT 'open",
            "SELECT $a$ open",
            // A string for MySQL alone, and one for PostgreSQL alone.
            "SELECT '\\'; DELETE FROM t; -- '",
            "SELECT '\\'' ; DELETE FROM t; -- '",
        ] {
            assert!(!is_allowed(sql), "{sql}");
        }
        let error = query_key("DELETE FROM secrets", "[]").unwrap_err();
        assert_eq!(error.code(), ErrorCode::Query);
        assert!(!error.to_string().contains("secrets"));
    }

    #[test]
    fn a_key_belongs_to_one_text_and_its_parameters() {
        let key = query_key("SELECT 1", "[\"number 1\"]").unwrap();
        assert_eq!(key.len(), 2 * KEY_BYTES);
        assert_eq!(key, query_key("SELECT 1", "[\"number 1\"]").unwrap());
        for (sql, parameters) in
            [("SELECT 1", "[\"string 1\"]"), ("SELECT 2", "[\"number 1\"]"), ("SELECT 1[", "\"number 1\"]")]
        {
            assert_ne!(key, query_key(sql, parameters).unwrap());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(sql in "\\PC*") {
            let _ = query_key(&sql, "[]");
        }

        #[test]
        fn a_change_behind_a_statement_is_found(value in "[a-z ()0-9.,$]*") {
            let sql = format!("SELECT {value}; DELETE FROM t");
            prop_assert!(!is_allowed(&sql));
        }
    }
}
