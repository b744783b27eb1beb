//! How a raw command is sent, and how its reply is given to its caller.

/// How a raw command is sent, and how its reply is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommandOptions {
    /// Texts of the reply come as bytes.
    pub as_buffers: bool,
    /// The client's prefix goes in front of every key.
    pub is_prefixed: bool,
    /// The reply is given as RESP2 has it: no objects.
    pub is_flat: bool,
    /// Numbers of the reply come as texts.
    pub numbers_as_texts: bool,
}

/// How the reply of a raw command is given to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyFormat {
    pub layout: ReplyLayout,
    /// Texts come as bytes.
    pub as_buffers: bool,
    /// Numbers come as texts.
    pub numbers_as_texts: bool,
    /// The server's errors come in all their words, which may quote arguments.
    pub is_verbatim: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyLayout {
    /// Texts, numbers, arrays and null, as RESP2 has them.
    Plain,
    /// The pairs of a flat array or a map become an object.
    Object,
    /// Pairs that RESP3 nests become one flat list, as RESP2 has them.
    FlatPairs,
    /// A map becomes a list of pairs, as RESP2 has them.
    PairList,
}

impl ReplyFormat {
    pub const PLAIN: ReplyFormat = ReplyFormat {
        layout: ReplyLayout::Plain,
        as_buffers: false,
        numbers_as_texts: false,
        is_verbatim: false,
    };
    pub const BUFFERS: ReplyFormat = ReplyFormat { as_buffers: true, ..ReplyFormat::PLAIN };

    pub fn of(name: &[u8], options: CommandOptions) -> ReplyFormat {
        let layout = match ReplyLayout::of(name) {
            ReplyLayout::Object if options.is_flat => ReplyLayout::Plain,
            layout => layout,
        };
        let CommandOptions { as_buffers, numbers_as_texts, .. } = options;
        ReplyFormat { layout, as_buffers, numbers_as_texts, is_verbatim: false }
    }
}

impl ReplyLayout {
    /// The layout in which users of RESP2 know the reply of a command. Where the protocols differ
    /// is told by the `resp3` notes of <https://redis.io/docs/latest/commands/>.
    fn of(name: &[u8]) -> ReplyLayout {
        const FLAT_PAIRS: [&str; 11] = [
            "ZRANGE",
            "ZREVRANGE",
            "ZRANGEBYSCORE",
            "ZREVRANGEBYSCORE",
            "ZUNION",
            "ZINTER",
            "ZDIFF",
            "ZRANDMEMBER",
            "ZPOPMIN",
            "ZPOPMAX",
            "HRANDFIELD",
        ];
        let is = |command: &str| name.eq_ignore_ascii_case(command.as_bytes());
        match name.first() {
            Some(b'H' | b'h' | b'X' | b'x' | b'Z' | b'z') => {}
            _ => return ReplyLayout::Plain,
        }
        if is("HGETALL") {
            ReplyLayout::Object
        } else if is("XREAD") || is("XREADGROUP") {
            ReplyLayout::PairList
        } else if FLAT_PAIRS.into_iter().any(is) {
            ReplyLayout::FlatPairs
        } else {
            ReplyLayout::Plain
        }
    }
}
