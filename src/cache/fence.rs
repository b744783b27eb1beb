//! Ends a connection that was given up, on the server's side too.
//!
//! What was written into a connection before it was given up may still lie somewhere: in a stopped
//! server's socket, in a proxy that was stuck. Were it carried out after the replay, it would undo what
//! was acknowledged since. The server's number of the connection finds it; its name, which is random,
//! shows that the number does not belong to another client of a server that was restarted.

use crate::lane::{Frame, Node, append_command};

/// A connection that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    connection_id: String,
    name: String,
    is_found: bool,
}

impl Fence {
    pub fn new(connection_id: i64, name: &str) -> Fence {
        Fence { connection_id: connection_id.to_string(), name: name.to_owned(), is_found: false }
    }

    /// Appends the next request.
    pub fn append(&self, out: &mut Vec<u8>) -> u32 {
        let id = self.connection_id.as_bytes();
        match self.is_found {
            false => append_command(out, &[b"CLIENT", b"LIST", b"ID", id]),
            true => append_command(out, &[b"CLIENT", b"KILL", b"ID", id]),
        }
        1
    }

    /// Takes a reply in; gives back a fence that has one more thing to ask.
    pub fn advance(mut self, frame: Frame<'_>) -> Option<Fence> {
        if self.is_found {
            return None;
        }
        let (Node::Bulk(list) | Node::Status(list)) = frame.node() else { return None };
        let name = format!("name={}", self.name);
        let is_listed = list.split(|byte| byte.is_ascii_whitespace()).any(|field| field == name.as_bytes());
        self.is_found = is_listed;
        is_listed.then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_connection_of_that_name_is_ended() {
        let fence = Fence::new(7, "orgcache-ab");
        let mut request = Vec::new();
        fence.append(&mut request);
        assert_eq!(request, b"*4\r\n$6\r\nCLIENT\r\n$4\r\nLIST\r\n$2\r\nID\r\n$1\r\n7\r\n");
        let other = b"$24\r\nid=7 name=orgcache-abc db\r\n";
        assert_eq!(fence.clone().advance(Frame::new(other)), None);
        let same = b"$23\r\nid=7 name=orgcache-ab db\r\n";
        let found = fence.advance(Frame::new(same)).unwrap();
        request.clear();
        found.append(&mut request);
        assert!(request.windows(4).any(|word| word == b"KILL"));
        assert_eq!(found.advance(Frame::new(b":1\r\n")), None);
    }
}
