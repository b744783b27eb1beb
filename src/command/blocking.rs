//! How long a command may wait for other clients.

use std::time::Duration;

use super::{BLOCKING, find};

/// How long a blocking command may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocking {
    For(Duration),
    Forever,
}

/// How long a command may block; `None` for a command that answers at once or whose time is not a number,
/// which the server refuses.
pub fn blocking(words: &[&[u8]]) -> Option<Blocking> {
    let command = find(words).filter(|command| command.is(BLOCKING))?;
    let (text, unit) = match command.name {
        "xread" | "xreadgroup" => (behind_block(words)?, Duration::from_millis(1)),
        "wait" | "waitaof" => (*words.last()?, Duration::from_millis(1)),
        "blmpop" | "bzmpop" => (*words.get(1)?, Duration::from_secs(1)),
        // Options may follow the time.
        "blmovem" => (*words.get(5)?, Duration::from_secs(1)),
        _ => (*words.last()?, Duration::from_secs(1)),
    };
    let count: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if count == 0.0 {
        return Some(Blocking::Forever);
    }
    let seconds = unit.as_secs_f64() * count;
    Some(Duration::try_from_secs_f64(seconds).map_or(Blocking::Forever, Blocking::For))
}

fn behind_block<'w>(words: &[&'w [u8]]) -> Option<&'w [u8]> {
    let options = words.iter().take_while(|word| !word.eq_ignore_ascii_case(b"STREAMS"));
    let position = options.into_iter().position(|word| word.eq_ignore_ascii_case(b"BLOCK"))?;
    words.get(position + 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_where_each_command_has_it() {
        let cases = [
            ("blpop a b 1.5", Some(Blocking::For(Duration::from_millis(1500)))),
            ("BLMPOP 2 1 k LEFT", Some(Blocking::For(Duration::from_secs(2)))),
            ("xread BLOCK 30 STREAMS s $", Some(Blocking::For(Duration::from_millis(30)))),
            ("xread STREAMS BLOCK 0", None),
            ("xreadgroup GROUP g c BLOCK 0 STREAMS s >", Some(Blocking::Forever)),
            ("wait 1 100", Some(Blocking::For(Duration::from_millis(100)))),
            ("blmovem a b LEFT RIGHT 0.5 COUNT 3", Some(Blocking::For(Duration::from_millis(500)))),
            ("blpop a 0", Some(Blocking::Forever)),
            ("blpop a soon", None),
            ("lpop a", None),
        ];
        for (command, expected) in cases {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            assert_eq!(blocking(&words), expected, "{command}");
        }
    }
}
