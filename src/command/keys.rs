//! Finds the keys among a command's arguments.

use serde_json::{Value, json};

use super::{Begin, COMMANDS, Find, KeySpec, find};

/// The key specs of every command and subcommand, for JavaScript that looks for keys without crossing into
/// native code. The result maps a name to a list of specs. Positions count the name as the first word.
pub fn describe() -> Value {
    let specs = |specs: &[KeySpec]| specs.iter().map(KeySpec::describe).collect::<Value>();
    COMMANDS.iter().map(|command| (command.name.to_owned(), specs(command.keys))).collect()
}

/// Calls `tell` with the position of each key. Two specs that name the same position report it twice.
pub fn key_positions(words: &[&[u8]], mut tell: impl FnMut(usize)) {
    let Some(command) = find(words) else { return };
    let is_migrate = command.name == "migrate";
    for spec in command.keys {
        // The server refuses a command with too few words or an invalid count of keys.
        let _ = spec.positions(words, &mut |position: usize| {
            // MIGRATE with KEYS has an empty text in the place of its single key.
            if !is_migrate || !words[position].is_empty() {
                tell(position);
            }
        });
    }
    if command.name == "sort" {
        // COMMAND does not report the destination key of SORT.
        stored_to(words, &mut tell);
    }
}

/// Reports the key that follows STORE. The first key itself is skipped, even if it is named `store`.
fn stored_to(words: &[&[u8]], tell: &mut impl FnMut(usize)) {
    for (position, pair) in words.windows(2).enumerate().skip(2) {
        if pair[0].eq_ignore_ascii_case(b"STORE") {
            tell(position + 1);
        }
    }
}

impl KeySpec {
    fn describe(&self) -> Value {
        let mut spec = match self.begin {
            Begin::At(at) => json!({ "at": at }),
            Begin::Behind(word, from) => json!({ "behind": word, "from": from }),
        };
        let found = match self.find {
            Find::Range { last, step, limit } => {
                [("last", json!(last)), ("step", json!(step)), ("limit", json!(limit))]
            }
            Find::Counted { number, first, step } => {
                [("numberAt", json!(number)), ("first", json!(first)), ("step", json!(step))]
            }
        };
        found.into_iter().for_each(|(name, value)| spec[name] = value);
        spec
    }

    fn positions(&self, words: &[&[u8]], tell: &mut impl FnMut(usize)) -> Option<()> {
        let begin = self.begin.position(words)?;
        match self.find {
            Find::Range { last, step, limit } => {
                let end = if last >= 0 {
                    begin + last as usize
                } else if limit >= 2 {
                    begin + (words.len().checked_sub(begin)?) / limit - 1
                } else {
                    words.len().checked_sub(last.unsigned_abs())?
                };
                for position in (begin..=end.min(words.len() - 1)).step_by(step) {
                    tell(position);
                }
            }
            Find::Counted { number, first, step } => {
                let count: usize = std::str::from_utf8(words.get(begin + number)?).ok()?.parse().ok()?;
                let first = begin + first;
                for position in (first..words.len()).step_by(step).take(count) {
                    tell(position);
                }
            }
        }
        Some(())
    }
}

impl Begin {
    fn position(&self, words: &[&[u8]]) -> Option<usize> {
        let found = match *self {
            Begin::At(position) => position,
            Begin::Behind(word, from) => {
                let is_it = |position: &usize| words[*position].eq_ignore_ascii_case(word.as_bytes());
                let position = if from >= 0 {
                    (from as usize..words.len()).find(is_it)
                } else {
                    (1..=words.len().checked_sub(from.unsigned_abs())?).rev().find(is_it)
                };
                position? + 1
            }
        };
        (found < words.len()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(command: &str) -> Vec<usize> {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut found = Vec::new();
        key_positions(&words, |position| found.push(position));
        found.sort_unstable();
        found
    }

    #[test]
    fn keys_are_where_each_command_has_them() {
        let cases: [(&str, &[usize]); 31] = [
            ("get k", &[1]),
            ("SET k v EX 5", &[1]),
            ("mget a b c", &[1, 2, 3]),
            ("mset a 1 b 2", &[1, 3]),
            ("del a b", &[1, 2]),
            ("blpop a b 0", &[1, 2]),
            ("rename a b", &[1, 2]),
            ("ping", &[]),
            ("publish channel message", &[]),
            ("eval script 2 a b c", &[3, 4]),
            ("evalsha sum 0 x", &[]),
            ("eval script many a", &[]),
            ("zunionstore to 2 a b WEIGHTS 1 2", &[1, 3, 4]),
            ("zinter 2 a b WITHSCORES", &[2, 3]),
            ("xread COUNT 2 BLOCK 5 STREAMS a b 0 0", &[6, 7]),
            ("xreadgroup GROUP g STREAMS STREAMS a >", &[5]),
            ("xgroup CREATE s g $", &[2]),
            ("xinfo STREAM s", &[2]),
            ("object ENCODING k", &[2]),
            ("memory USAGE k", &[2]),
            ("bitop AND to a b", &[2, 3, 4]),
            ("sort k BY w_* STORE to", &[1, 5]),
            ("sort store", &[1]),
            ("georadius k 0 0 1 m STOREDIST to", &[1, 7]),
            ("lmpop 2 a b LEFT", &[2, 3]),
            ("migrate host 1 k 0 5", &[3]),
            ("migrate host 1 k 0 5 KEYS a b", &[3, 7, 8]),
            ("migrate host 1  0 5 KEYS a b", &[7, 8]),
            ("copy a b", &[1, 2]),
            ("nonsense k", &[]),
            ("get", &[]),
        ];
        for (command, expected) in cases {
            assert_eq!(keys(command), expected, "{command}");
        }
    }
}
