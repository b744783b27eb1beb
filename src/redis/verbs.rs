//! The verbs of a room: one list makes its type, its numbers and the names that JavaScript knows.

/// Makes `Verb` and `VERBS` of `Name: "name"` for each verb. Its number is its position.
macro_rules! verbs {
    ($($verb:ident: $name:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Verb {
            $($verb,)+
        }

        /// The names of the verbs, each at the position that is its number.
        pub const VERBS: [&str; [$($name),+].len()] = [$($name),+];

        impl Verb {
            const ALL: [Verb; VERBS.len()] = [$(Verb::$verb),+];

            /// # Errors
            /// There is no verb of this number.
            fn of(asked: $crate::redis::Asked) -> $crate::error::Result<Verb> {
                let verb = Verb::ALL.get(usize::from(asked.verb)).copied();
                verb.ok_or_else(|| $crate::redis::misuse("the bridge was given an unknown verb"))
            }
        }
    };
}
pub(crate) use verbs;
