//! Ends a connection that was given up, on the server's side too.
//!
//! What was written into a connection before it was given up may still lie somewhere: in a stopped
//! server's socket, in a proxy that was stuck. Were it carried out after the replay, it would undo what
//! was acknowledged since. The server's number of the connection finds it. A server that was restarted
//! counts from 1 again, so the number is only good for the run in which it was given, which the server
//! names (`run_id`). Nothing else says so much: callers may change a connection's name, and its address
//! is the same for all that come through a unix socket.

use crate::connection::ServerInfo;
use crate::lane::append_command;

/// Connections to one run of a server that were given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    run_id: String,
    connection_ids: Vec<i64>,
}

impl Fence {
    /// For the connection that this server has told of itself on.
    pub fn of(server: &ServerInfo) -> Option<Fence> {
        let run_id = server.run_id.clone()?;
        Some(Fence { run_id, connection_ids: vec![server.connection_id?] })
    }

    /// Whether they are connections to this server, and it has not ended since.
    pub fn is_at(&self, server: &ServerInfo) -> bool {
        server.run_id.as_ref() == Some(&self.run_id)
    }

    /// One for later connections too. To another run of the server no earlier one leads.
    pub fn with(mut self, later: Fence) -> Fence {
        if self.run_id != later.run_id {
            return later;
        }
        self.connection_ids.extend(later.connection_ids);
        self
    }

    /// Appends the next request.
    pub fn append(&self, out: &mut Vec<u8>) -> u32 {
        let id = self.connection_ids.first().copied().unwrap_or_default().to_string();
        append_command(out, &[b"CLIENT", b"KILL", b"ID", id.as_bytes()]);
        1
    }

    /// The request was answered; gives back a fence that has one more thing to ask.
    pub fn advance(mut self) -> Option<Fence> {
        self.connection_ids.remove(0);
        (!self.connection_ids.is_empty()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(run_id: &str, connection_id: i64) -> ServerInfo {
        ServerInfo {
            run_id: Some(run_id.to_owned()),
            connection_id: Some(connection_id),
            ..ServerInfo::default()
        }
    }

    fn request(fence: &Fence) -> String {
        let mut out = Vec::new();
        fence.append(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn connections_are_ended_at_the_run_of_the_server_that_numbered_them_alone() {
        let fence = Fence::of(&server("ab", 7)).unwrap();
        assert!(fence.is_at(&server("ab", 9)) && !fence.is_at(&server("cd", 9)));
        assert!(!fence.is_at(&ServerInfo::default()));
        assert_eq!(Fence::of(&ServerInfo::default()), None);
        assert_eq!(fence.clone().with(Fence::of(&server("cd", 1)).unwrap()).connection_ids, [1]);
    }

    #[test]
    fn each_connection_is_ended_by_its_number() {
        let both = Fence::of(&server("ab", 7)).unwrap().with(Fence::of(&server("ab", 9)).unwrap());
        assert_eq!(request(&both), "*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$2\r\nID\r\n$1\r\n7\r\n");
        let last = both.advance().unwrap();
        assert!(request(&last).ends_with("$1\r\n9\r\n"));
        assert_eq!(last.advance(), None);
    }
}
