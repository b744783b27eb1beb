//! Encodes requests as RESP arrays of bulk strings, into a buffer and without any allocation of its own.

/// Appends `*count\r\n`, the head of a command. `count` includes the command's name.
pub fn append_header(out: &mut Vec<u8>, count: usize) {
    append_length(out, b'*', count);
}

/// Appends one argument.
pub fn append_argument(out: &mut Vec<u8>, argument: &[u8]) {
    append_length(out, b'$', argument.len());
    out.extend_from_slice(argument);
    out.extend_from_slice(b"\r\n");
}

/// Appends one argument that consists of two parts.
pub fn append_joined_argument(out: &mut Vec<u8>, first: &[u8], second: &[u8]) {
    append_length(out, b'$', first.len() + second.len());
    out.extend_from_slice(first);
    out.extend_from_slice(second);
    out.extend_from_slice(b"\r\n");
}

/// Appends a number as an argument.
pub fn append_integer_argument(out: &mut Vec<u8>, value: i64) {
    append_argument(out, itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a whole command.
pub fn append_command(out: &mut Vec<u8>, arguments: &[&[u8]]) {
    append_header(out, arguments.len());
    for argument in arguments {
        append_argument(out, argument);
    }
}

fn append_length(out: &mut Vec<u8>, marker: u8, length: usize) {
    out.push(marker);
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Iterates over the arguments of a request that this module encoded, across all its commands.
///
/// Ends at bytes that `append_command` does not write.
#[derive(Debug, Clone)]
pub struct Arguments<'a> {
    rest: &'a [u8],
}

impl<'a> Arguments<'a> {
    pub fn new(request: &'a [u8]) -> Self {
        Arguments { rest: request }
    }

    fn length(&mut self) -> Option<usize> {
        let mut length = 0usize;
        // The type's letter is not part of the number.
        for (position, byte) in self.rest.iter().enumerate().skip(1) {
            match byte {
                b'0'..=b'9' => length = length.checked_mul(10)?.checked_add(usize::from(byte - b'0'))?,
                b'\r' => {
                    self.rest = self.rest.get(position + 2..)?;
                    return Some(length);
                }
                _ => return None,
            }
        }
        None
    }
}

/// Counts the commands of a request.
pub fn count_commands(request: &[u8]) -> u32 {
    let mut arguments = Arguments::new(request);
    let mut count = 0;
    loop {
        count += u32::from(arguments.rest.first() == Some(&b'*'));
        if arguments.next().is_none() {
            return count;
        }
    }
}

/// Iterates over the commands of a request, each as its words.
pub fn commands_of(request: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let mut arguments = Arguments::new(request);
    std::iter::from_fn(move || {
        let count = arguments.length()?;
        Some(arguments.by_ref().take(count).collect())
    })
}

impl<'a> Iterator for Arguments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.first() == Some(&b'*') {
            self.length()?;
        }
        let length = self.length()?;
        let argument = self.rest.get(..length)?;
        self.rest = self.rest.get(length + 2..)?;
        Some(argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_what_redis_rs_would_send() {
        let mut out = Vec::new();
        append_command(&mut out, &[b"SET", b"key\r\n", b""]);
        assert_eq!(out, redis::cmd("SET").arg(b"key\r\n").arg(b"").get_packed_command());
    }

    #[test]
    fn the_arguments_of_a_request_can_be_read_back() {
        let mut out = Vec::new();
        append_command(&mut out, &[b"MULTI"]);
        append_command(&mut out, &[b"SET", b"k", b"$5\r\n*1"]);
        append_integer_argument(&mut out, -7);
        append_joined_argument(&mut out, b"ab", b"c");
        let read: Vec<&[u8]> = Arguments::new(&out).collect();
        assert_eq!(read, [&b"MULTI"[..], b"SET", b"k", b"$5\r\n*1", b"-7", b"abc"]);
        assert_eq!(count_commands(&out), 2);
        assert_eq!(commands_of(&out).take(2).map(|words| words.len()).collect::<Vec<_>>(), [1, 3]);
    }
}
