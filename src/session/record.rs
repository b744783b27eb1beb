//! What Redis has of a session: a record, or an alias of one that was rotated.
//!
//! A record is a line of times, a line of JSON that says whose it is, and the data. Scripts read the line of times.

use super::id::{HASH_BYTES, Hash, NONCE_BYTES, Nonce};

/// Lua has no larger integers.
const MOST: i64 = 1 << 53;

/// Times in ms of the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub created: i64,
    pub touched: i64,
    pub idle: i64,
    pub end: i64,
    pub authenticated: i64,
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub head: Head,
    /// A JSON object.
    pub about: &'a [u8],
    /// As values are stored.
    pub data: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    pub until: i64,
    pub successor: Hash,
    pub nonce: Nonce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored<'a> {
    Record(Record<'a>),
    Alias(Alias),
}

impl Head {
    pub fn is_live(&self, now: i64, slack: i64) -> bool {
        now < self.end && now < self.touched + self.idle + slack
    }

    pub fn parse(line: &[u8]) -> Option<Head> {
        let line = std::str::from_utf8(line.strip_prefix(b"s")?).ok()?;
        let number = |text: &str| text.parse().ok().filter(|number| (0..=MOST).contains(number));
        let mut numbers = line.split(' ').map(number);
        let mut next = || numbers.next().flatten();
        let (created, touched, idle): (i64, i64, i64) = (next()?, next()?, next()?);
        let (life, authenticated, version) = (next()?, next()?, next()?);
        Some(Head {
            created,
            touched: created + touched,
            idle,
            end: created + life,
            authenticated: created + authenticated,
            version,
        })
    }

    /// The line as scripts write it, with its end.
    pub fn text(&self) -> String {
        let Head { created, touched, idle, end, authenticated, version } = self;
        let (touched, life, authenticated) = (touched - created, end - created, authenticated - created);
        format!("s{created} {touched} {idle} {life} {authenticated} {version}\n")
    }
}

impl<'a> Stored<'a> {
    /// `None`: it is damaged.
    pub fn parse(bytes: &'a [u8]) -> Option<Stored<'a>> {
        let at = memchr::memchr(b'\n', bytes)?;
        let (line, rest) = (&bytes[..at], &bytes[at + 1..]);
        if let Some(until) = line.strip_prefix(b"a") {
            let until = std::str::from_utf8(until).ok()?.parse().ok()?;
            let (successor, nonce) = rest.split_at_checked(HASH_BYTES)?;
            return Some(Stored::Alias(Alias {
                until,
                successor: successor.try_into().ok()?,
                nonce: <[u8; NONCE_BYTES]>::try_from(nonce).ok()?,
            }));
        }
        let head = Head::parse(line)?;
        let at = memchr::memchr(b'\n', rest)?;
        let (about, data) = (&rest[..at], &rest[at + 1..]);
        let is_object = about.len() >= 2 && about.starts_with(b"{") && about.ends_with(b"}");
        is_object.then_some(Stored::Record(Record { head, about, data }))
    }
}

impl Alias {
    pub fn bytes(&self) -> Vec<u8> {
        [format!("a{}\n", self.until).as_bytes(), &self.successor, &self.nonce].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        created: 1_700_000_000_000,
        touched: 1_700_000_060_000,
        idle: 1_800_000,
        end: 1_700_000_000_000 + 400 * 86_400_000,
        authenticated: 1_700_000_000_001,
        version: 7,
    };

    #[test]
    fn a_record_is_read_back() {
        let bytes = [HEAD.text().as_bytes(), b"{\"userId\":\"u\"}\n", b"\0\x01da\nta"].concat();
        let expected = Record { head: HEAD, about: b"{\"userId\":\"u\"}", data: b"\0\x01da\nta" };
        assert_eq!(Stored::parse(&bytes), Some(Stored::Record(expected)));
        let alias = Alias { until: 5, successor: [10; 16], nonce: [b'\n'; 16] };
        assert_eq!(Stored::parse(&alias.bytes()), Some(Stored::Alias(alias)));
    }

    #[test]
    fn damaged_bytes_are_nothing() {
        let line = HEAD.text();
        for wrong in [
            "",
            "s",
            "x1 2 3 4 5 6\n{}\n{}",
            "s1 2 3 4 5\n{}\n{}",
            "s-1 2 3 4 5 6\n{}\n{}",
            "s1 -2 3 4 5 6\n{}\n{}",
            "s1 2 3 x 5 6\n{}\n{}",
            "s1 2 3 4 5 6\n{}",
            "s1 2 3 4 5 6\n[]\n{}",
            "s99999999999999999999 2 3 4 5 6\n{}\n{}",
            "a1\nshort",
            "ax\n00000000000000000000000000000000",
            &line[..line.len() - 1],
        ] {
            assert_eq!(Stored::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_session_lives_to_its_absolute_end_and_to_its_idle_end_with_the_slack() {
        let head = Head { created: 0, touched: 100, idle: 50, end: 200, authenticated: 0, version: 1 };
        assert!(head.is_live(159, 10) && !head.is_live(160, 10));
        assert!(head.is_live(199, 1000) && !head.is_live(200, 1000));
    }
}
