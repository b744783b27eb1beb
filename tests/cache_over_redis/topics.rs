//! Topics on a server and on a node of a cluster: the suite that the embedded store passes too.

use std::thread::sleep;
use std::time::Duration;

use orgcache::lane::Arguments;
use orgcache::redis::Outcome;
use orgcache::topic::contract::{Store, check_all};
use orgcache::topic::scripts::Script;

use super::client::Client;

struct Server(Client);

impl Store for Server {
    fn run(&mut self, request: &[u8]) -> Vec<u8> {
        let mut words: Vec<Vec<u8>> = Arguments::new(request).map(<[u8]>::to_vec).collect();
        let keys: usize = std::str::from_utf8(&words[2]).unwrap().parse().unwrap();
        // Keys of the test's own: the suite names the same ones in each store.
        for word in &mut words[3..3 + keys] {
            *word = self.0.key(std::str::from_utf8(word).unwrap());
        }
        words[0] = b"EVAL".to_vec();
        words[1] = Script::of_sha(&words[1]).unwrap().text().to_vec();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match self.0.raw(&words) {
            Outcome::Reply(bytes, _) => {
                assert!(!bytes.starts_with(b"-"), "{}", String::from_utf8_lossy(&bytes));
                bytes.into_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    fn pass(&mut self, ms: u64) {
        sleep(Duration::from_millis(ms));
    }
}

#[test]
fn a_server_keeps_every_promise() {
    check_all(&mut |number| Box::new(Server(Client::connect(&format!("topics-{number}")))));
}

#[test]
fn a_node_of_a_cluster_keeps_every_promise() {
    let probe = Client::connect_to_cluster("topics");
    check_all(&mut |number| Box::new(Server(probe.beside(&format!("topics-{number}")))));
}
