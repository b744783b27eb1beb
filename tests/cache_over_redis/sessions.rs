//! Sessions on a server and on a node of a cluster: the suite that the embedded store passes too.

use orgcache::lane::Arguments;
use orgcache::redis::Outcome;
use orgcache::session::contract::{Store, check_all};

use super::client::{Client, Reply};

struct Server(Client);

impl Server {
    /// Keys of the test's own: the suite names the same ones in each store.
    fn own(&self, key: &[u8]) -> Vec<u8> {
        self.0.key(std::str::from_utf8(key).unwrap())
    }
}

impl Store for Server {
    fn run(&mut self, request: &[u8]) -> Vec<u8> {
        let mut words: Vec<Vec<u8>> = Arguments::new(request).map(<[u8]>::to_vec).collect();
        let is_script = words[0] == b"EVALSHA";
        let keys = if is_script {
            let count: usize = std::str::from_utf8(&words[2]).unwrap().parse().unwrap();
            3..3 + count
        } else {
            1..2
        };
        for word in &mut words[keys] {
            *word = self.own(word);
        }
        if is_script {
            words[0] = b"EVAL".to_vec();
            words[1] = orgcache::session::scripts::Script::of_sha(&words[1]).unwrap().text().to_vec();
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match self.0.raw(&words) {
            Outcome::Reply(bytes, _) => {
                assert!(!bytes.starts_with(b"-"), "{}", String::from_utf8_lossy(&bytes));
                bytes.into_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Makes everything that the key has so much older.
    fn pass(&mut self, key: &[u8], ms: i64) {
        let key = self.own(key);
        let Reply::List(parts) = self.0.command(&[b"HGETALL", &key]) else { panic!("no hash") };
        for pair in parts.chunks(2) {
            let [Reply::Text(field), Reply::Text(value)] = pair else { panic!("no pair") };
            let digits = value[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (time, rest) = value[1..].split_at(digits);
            let time: i64 = std::str::from_utf8(time).unwrap().parse().unwrap();
            let older = [&value[..1], (time - ms).to_string().as_bytes(), rest].concat();
            self.0.integer(&[b"HSET", &key, field, &older]);
        }
        let left = self.0.integer(&[b"PTTL", &key]);
        if left > 0 {
            self.0.integer(&[b"PEXPIRE", &key, (left - ms).max(1).to_string().as_bytes()]);
        }
    }
}

#[test]
fn a_server_keeps_every_promise() {
    check_all(&mut |number| Box::new(Server(Client::connect(&format!("sessions-{number}")))));
}

#[test]
fn a_node_of_a_cluster_keeps_every_promise() {
    let probe = Client::connect_to_cluster("sessions");
    check_all(&mut |number| Box::new(Server(probe.beside(&format!("sessions-{number}")))));
}
