//! The settings that are one of a few words.

/// An enum whose variants are words in the configuration.
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
    };
}

choice! {
    /// Which addresses of a host name are tried.
    Family {
        Any = "0",
        V4 = "4",
        V6 = "6",
    }
}

choice! {
    /// What is spoken with a server.
    Protocol {
        /// The shapes that users of ioredis know, which modules give nowhere else.
        Resp2 = "2",
        Resp3 = "3",
    }
}

choice! {
    /// How large values are stored.
    Compression {
        /// What was measured to fit the value's size best.
        Auto = "auto",
        None = "none",
        Lz4 = "lz4",
        Zstd = "zstd",
    }
}

choice! {
    /// Which nodes answer reads, where there are several.
    ScaleReads {
        Primary = "primary",
        /// Replicas, and their primary where there is none: what they answer may be a little older.
        Replica = "replica",
    }
}

choice! {
    /// The treatment of values that the JavaScript layer left in Redis.
    LegacyValues {
        /// A miss reads the old place, and the value moves to the new one.
        Move = "move",
        /// A miss reads the old place, where the value stays until it is set or its organization is cleared.
        Copy = "copy",
        /// Nothing looks at the old places.
        Off = "off",
    }
}

choice! {
    /// The least severe log line that is written.
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
    /// What moves the bytes of a connection.
    Driver {
        /// The event loop where that is possible, else a thread.
        Auto = "auto",
        Loop = "loop",
        Thread = "thread",
    }
}

/// What kind of process this is, after `NODE_ENV`; some defaults depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    Production,
    Test,
    Development,
}

impl Environment {
    /// Any value but `production` and `test` means development, as servers use many.
    pub(super) fn from_node_env(value: Option<&str>) -> Self {
        match value {
            Some("production") => Environment::Production,
            Some("test") => Environment::Test,
            _ => Environment::Development,
        }
    }
}
