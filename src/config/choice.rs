//! Settings whose value is one of a few words.

/// One of a few words.
pub(super) trait Choice: Sized {
    fn from_word(word: &str) -> Option<Self>;
}

/// Defines an enum whose variants are words in the configuration.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The words of the variants, in their order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }

            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl Choice for $name {
            fn from_word(word: &str) -> Option<Self> {
                $name::from_word(word)
            }
        }
    };
}

choice! {
    /// The address families that are tried for a host name.
    Family {
        Any = "0",
        V4 = "4",
        V6 = "6",
    }
}

choice! {
    /// The version of RESP.
    Protocol {
        /// Replies have the shapes that users of ioredis know. Redis modules give these shapes only with
        /// RESP2.
        Resp2 = "2",
        Resp3 = "3",
    }
}

choice! {
    /// The compression of stored values.
    Compression {
        /// The algorithm that measurements found best for the value's size.
        Auto = "auto",
        None = "none",
        Lz4 = "lz4",
        Zstd = "zstd",
    }
}

choice! {
    /// The nodes of a cluster that answer reads.
    ScaleReads {
        Primary = "primary",
        /// Replicas, or the primary if it has none. Their answers may be a little older.
        Replica = "replica",
    }
}

choice! {
    /// How values are treated that the JavaScript layer left in Redis.
    LegacyValues {
        /// A miss reads the old place, and the value moves to the new one.
        Move = "move",
        /// A miss reads the old place. The value stays there until it is set or its organization is cleared.
        Copy = "copy",
        /// The old places are never read.
        Off = "off",
    }
}

choice! {
    /// The least severe level of written log lines.
    LogLevel {
        Off = "off",
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
}

choice! {
    /// The driver that moves the bytes of a connection.
    Driver {
        /// The event loop where that is possible, otherwise a thread.
        Auto = "auto",
        Loop = "loop",
        Thread = "thread",
    }
}

/// The kind of process, from `NODE_ENV`; some defaults depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    Production,
    Test,
    Development,
}

impl Environment {
    /// Any value but `production` and `test` means development, because servers use many values.
    pub(super) fn from_node_env(value: Option<&str>) -> Self {
        match value {
            Some("production") => Environment::Production,
            Some("test") => Environment::Test,
            _ => Environment::Development,
        }
    }
}
