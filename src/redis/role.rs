//! What a connection is for.

/// What a client's connection is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// All calls share it, so none may change what it means for the others, or hold it up.
    #[default]
    Shared,
    /// One client has it for all that it says, in order, so it may choose its database.
    Own,
    /// One caller has it alone: it may block, subscribe and watch. Nothing is kept for an outage.
    Dedicated,
    /// The same, and it may ask to see every command that the server runs.
    Monitor,
}

impl Role {
    /// Every role with its name; its position is its number in JavaScript.
    pub const ALL: [(Role, &'static str); 4] = [
        (Role::Shared, "shared"),
        (Role::Own, "own"),
        (Role::Dedicated, "dedicated"),
        (Role::Monitor, "monitor"),
    ];
}
