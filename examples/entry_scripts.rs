//! Measures the cost of the scripts of entries for a server: microseconds of its main thread a call, and how many times that of
//! GET or SET.
//!
//! `cargo run --no-default-features --features cache --example entry_scripts -- 127.0.0.1:6379`
//!
//! The server must be one that nobody else uses. It is emptied.

use orgcache::codec::{Codec, Mode};
use orgcache::entries::scripts::{DROP, LOOK, RETAG, STORE};
use orgcache::entries::{NewEntry, Payload, Versions};
use orgcache::lane::append_command;

#[path = "support/server.rs"]
mod server;
use server::{Result, Server};

/// Calls of a measurement, and how many of them cross together.
const CALLS: usize = 64_000;
const BATCH: usize = 64;
/// Entries that are asked for in turn.
const ENTRIES: usize = 5000;
const PAYLOAD: &[u8] = &[b'x'; 200];
const NEW: &[u8] = b"hardhardsoftsoft";
const TAGS: &[u8] = b"p:!tag:{o}:";

type Words = Vec<Vec<u8>>;

fn words(parts: &[&[u8]]) -> Words {
    parts.iter().map(|part| part.to_vec()).collect()
}

fn name(kind: &str, number: usize) -> Vec<u8> {
    format!("p:!{kind}:{{o}}:users:{}", number % ENTRIES).into_bytes()
}

/// Makes requests by the SHA-1 of a script.
struct Script(Vec<u8>);

impl Script {
    fn load(server: &mut Server, text: &[u8]) -> Result<Script> {
        let reply = server.command(&[b"SCRIPT", b"LOAD", text])?;
        Ok(Script(reply[5..45].to_vec()))
    }

    fn call(&self, keys: &[&[u8]], arguments: &[&[u8]]) -> Words {
        let count = keys.len().to_string();
        let head: [&[u8]; 3] = [b"EVALSHA", &self.0, count.as_bytes()];
        words(&[&head, keys, arguments].concat())
    }
}

fn entry(tags: &[&str]) -> Result<Vec<u8>> {
    let tags: Vec<(Vec<u8>, Option<Versions>)> =
        tags.iter().map(|tag| (tag.as_bytes().to_vec(), None)).collect();
    let mut bytes = Vec::new();
    let new = NewEntry {
        nonce: [7; 8],
        factory_ms: 5,
        grace_ms: 0,
        ttl_ms: 300_000,
        tags: &tags,
        meta: b"",
        payload: Payload::Json(PAYLOAD),
    };
    new.append(&Codec::new(Mode::None, 0), false, &mut bytes)?;
    Ok(bytes)
}

/// Microseconds a call; the best of three.
fn measure(server: &mut Server, make: &dyn Fn(usize) -> Vec<Words>) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..3 {
        let mut worked = 0.0;
        for from in (0..CALLS).step_by(BATCH) {
            let (mut request, mut replies) = (Vec::new(), 0);
            for words in (from..from + BATCH).flat_map(make) {
                let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                append_command(&mut request, &words);
                replies += 1;
            }
            if from == 0 {
                worked = server.worked_us()?;
            }
            server.send(&request)?;
            for _ in 0..replies {
                server.reply()?;
            }
        }
        best = best.min((server.worked_us()? - worked) / CALLS as f64);
    }
    Ok(best)
}

/// The scripts, as the server knows them, and entries to store.
struct Scripts {
    look: Script,
    store: Script,
    drop: Script,
    retag: Script,
    plain: Vec<u8>,
    tagged: Vec<u8>,
}

const INDEX: &[u8] = b"p:!index:{o}:users";
const DIRECTORY: &[u8] = b"p:!indexes:{o}";
const MARK: &[u8] = b"p:!cleared:{o}:users";
const RECORDS: [&[u8]; 2] = [b"p:!tag:{o}:t1", b"p:!tag:{o}:t2"];

impl Scripts {
    fn load(server: &mut Server) -> Result<Scripts> {
        Ok(Scripts {
            look: Script::load(server, LOOK)?,
            store: Script::load(server, STORE)?,
            drop: Script::load(server, DROP)?,
            retag: Script::load(server, RETAG)?,
            plain: entry(&[])?,
            tagged: entry(&["t1", "t2"])?,
        })
    }

    fn stored(&self, number: usize, token: &[u8], most: &[u8], is_tagged: bool) -> Words {
        let (entry, lease) = (name("entry", number), name("lease", number));
        let mut keys: Vec<&[u8]> = vec![&entry, &lease, INDEX, DIRECTORY, MARK];
        let bytes = if is_tagged { &self.tagged } else { &self.plain };
        let trims: &[u8] = if number.is_multiple_of(32) { b"1" } else { b"0" };
        let now = b"1790000000000";
        let mut arguments: Vec<&[u8]> =
            vec![bytes, b"300000", token, b"", b"1", b"", most, b"1", NEW, b"86400000", now, trims];
        if is_tagged {
            keys.extend(RECORDS);
            arguments.extend([&b"38"[..], b"58"]);
        }
        self.store.call(&keys, &arguments)
    }

    fn looked(&self, number: usize) -> Words {
        self.look.call(&[&name("entry", number)], &[TAGS, b"r"])
    }

    fn taken(&self, number: usize, token: &[u8]) -> Words {
        let (entry, lease) = (name("entry", number), name("lease", number));
        let arguments: [&[u8]; 7] = [TAGS, b"l", b"", token, b"300000", NEW, b"86400000"];
        self.look.call(&[&entry, &lease, MARK], &arguments)
    }

    fn deleted(&self, number: usize) -> Words {
        self.drop.call(&[&name("entry", number), &name("lease", number), INDEX], &[b"d"])
    }

    fn invalidated(&self) -> Words {
        self.retag.call(&RECORDS[..1], &[b"h", b"12345678", b"86400000"])
    }
}

/// Measures, prints, and gives the cost. `of` is what it is compared with; 0 for nothing.
fn print(server: &mut Server, label: &str, of: f64, make: &dyn Fn(usize) -> Vec<Words>) -> Result<f64> {
    let cost = measure(server, make)?;
    let times = if of > 0.0 { cost / of } else { 1.0 };
    println!("{label:44}{cost:6.2}{times:7.1}");
    Ok(cost)
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let server = &mut Server::connect(&address)?;
    server.command(&[b"FLUSHALL"])?;
    let scripts = Scripts::load(server)?;
    let get = |number: usize| words(&[b"GET", &name("entry", number)]);
    let unlink = |number: usize| words(&[b"UNLINK", &name("entry", number)]);

    println!("us of the main thread a call; times GET or SET");
    let set = print(server, "SET", 0.0, &|number| {
        vec![words(&[b"SET", &name("value", number), PAYLOAD, b"PX", b"300000"])]
    })?;
    print(server, "store: set", set, &|number| vec![scripts.stored(number, b"", b"-1", false)])?;
    print(server, "store: set with a quota", set, &|number| {
        vec![scripts.stored(number, b"", b"10000", false)]
    })?;
    let got = print(server, "GET of an entry", 0.0, &|number| vec![get(number)])?;
    print(server, "look", got, &|number| vec![scripts.looked(number)])?;
    print(server, "store: set with two tags", set, &|number| vec![scripts.stored(number, b"", b"-1", true)])?;
    print(server, "look, two tags", got, &|number| vec![scripts.looked(number)])?;
    print(server, "drop: delete", set, &|number| vec![scripts.deleted(number)])?;
    print(server, "GET, look takes the lease, store, UNLINK", set, &|number| {
        let filled = scripts.stored(number, b"token", b"-1", false);
        vec![get(number), scripts.taken(number, b"token"), filled, unlink(number)]
    })?;
    (0..ENTRIES).try_for_each(|number| {
        let taken = scripts.taken(number, b"token");
        server.command(&taken.iter().map(Vec::as_slice).collect::<Vec<_>>()).map(|_| ())
    })?;
    print(server, "look asks for a lease that is held", got, &|number| {
        vec![scripts.taken(number, b"other")]
    })?;
    print(server, "retag: invalidate a tag", set, &|_| vec![scripts.invalidated()])?;
    Ok(())
}
