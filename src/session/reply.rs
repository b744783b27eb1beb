//! Replies as a server would write them, for sessions that this process has.

/// A list.
pub struct List {
    items: Vec<u8>,
    count: usize,
}

impl List {
    pub fn new() -> List {
        List { items: Vec::new(), count: 0 }
    }

    pub fn integer(mut self, number: i64) -> List {
        self.items.extend_from_slice(&integer(number));
        self.count += 1;
        self
    }

    pub fn bulk(mut self, bytes: &[u8]) -> List {
        push_bulk(&mut self.items, bytes);
        self.count += 1;
        self
    }

    pub fn list(mut self, inner: List) -> List {
        self.items.extend_from_slice(&inner.into_bytes());
        self.count += 1;
        self
    }

    pub fn into_bytes(self) -> Vec<u8> {
        [format!("*{}\r\n", self.count).as_bytes(), &self.items].concat()
    }
}

pub fn integer(number: i64) -> Vec<u8> {
    format!(":{number}\r\n").into_bytes()
}

pub fn bulk(bytes: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    match bytes {
        Some(bytes) => push_bulk(&mut out, bytes),
        None => out.extend_from_slice(b"$-1\r\n"),
    }
    out
}

fn push_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("${}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}
