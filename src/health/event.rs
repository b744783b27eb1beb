//! The events that a client tells. JavaScript takes their names from here (`protocol()` of the binding).

/// What a client tells without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A client was opened. JavaScript tells it itself.
    Connecting,
    /// The first connection is there.
    Ready,
    Degraded,
    Recovering,
    /// Redis is back, and the journal is replayed.
    Recovered,
    Closed,
    /// Progress of the journal's replay.
    Replay,
    /// The journal's files of ended processes have been read.
    JournalRead,
    Error,
    /// Messages of channels were dropped.
    Dropped,
    /// A node has left the cluster: subscriptions are to be made again though no connection was lost.
    Departed,
    /// An attempt to connect has failed. The owner decides about the pause before the next one.
    Pausing,
    /// A line for the log.
    Log,
    /// Leases for which callers wait have changed.
    Leases,
    /// Queues have something to tell.
    Queue,
}

impl Event {
    /// Every event with its name.
    pub const ALL: [(Event, &str); 15] = [
        (Event::Connecting, "connecting"),
        (Event::Ready, "ready"),
        (Event::Degraded, "degraded"),
        (Event::Recovering, "recovering"),
        (Event::Recovered, "recovered"),
        (Event::Closed, "closed"),
        (Event::Replay, "replay"),
        (Event::JournalRead, "journalRead"),
        (Event::Error, "error"),
        (Event::Dropped, "dropped"),
        (Event::Departed, "departed"),
        (Event::Pausing, "pausing"),
        (Event::Log, "log"),
        (Event::Leases, "leases"),
        (Event::Queue, "queue"),
    ];

    pub fn name(self) -> &'static str {
        Event::ALL[self as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_events() {
        for (index, (event, _)) in Event::ALL.iter().enumerate() {
            assert_eq!(*event as usize, index);
        }
    }
}
