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

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let mut server = Server::connect(&address)?;
    server.command(&[b"FLUSHALL"])?;
    let [look, store, drop, retag] = [LOOK, STORE, DROP, RETAG].map(|text| Script::load(&mut server, text));
    let (look, store, drop, retag) = (look?, store?, drop?, retag?);
    let (plain, tagged) = (entry(&[])?, entry(&["t1", "t2"])?);
    let [index, directory, mark]: [&[u8]; 3] =
        [b"p:!index:{o}:users", b"p:!indexes:{o}", b"p:!cleared:{o}:users"];
    let records: [&[u8]; 2] = [b"p:!tag:{o}:t1", b"p:!tag:{o}:t2"];
    let stored = |number: usize, token: &[u8], most: &[u8], is_tagged: bool| {
        let (entry, lease) = (name("entry", number), name("lease", number));
        let mut keys: Vec<&[u8]> = vec![&entry, &lease, index, directory, mark];
        let bytes = if is_tagged { &tagged } else { &plain };
        let trims: &[u8] = if number % 32 == 0 { b"1" } else { b"0" };
        let mut arguments: Vec<&[u8]> = vec![
            bytes,
            b"300000",
            token,
            b"",
            b"1",
            b"",
            most,
            b"1",
            NEW,
            b"86400000",
            b"1790000000000",
            trims,
        ];
        if is_tagged {
            keys.extend(records);
            arguments.extend([&b"38"[..], b"58"]);
        }
        store.call(&keys, &arguments)
    };
    let looked = |number: usize| look.call(&[&name("entry", number)], &[TAGS, b"r"]);
    let taken = |number: usize, token: &[u8]| {
        let (entry, lease) = (name("entry", number), name("lease", number));
        look.call(&[&entry, &lease, mark], &[TAGS, b"l", b"", token, b"300000", NEW, b"86400000"])
    };
    let get = |number: usize| words(&[b"GET", &name("entry", number)]);
    let unlink = |number: usize| words(&[b"UNLINK", &name("entry", number)]);

    println!("us of the main thread a call; times GET or SET");
    let set = measure(&mut server, &|number| {
        vec![words(&[b"SET", &name("value", number), PAYLOAD, b"PX", b"300000"])]
    })?;
    println!("{:44}{set:6.2}", "SET");
    let mut print = |label: &str, of: f64, make: &dyn Fn(usize) -> Vec<Words>| -> Result<f64> {
        let cost = measure(&mut server, make)?;
        let times = if of > 0.0 { cost / of } else { 1.0 };
        println!("{label:44}{cost:6.2}{times:7.1}");
        Ok(cost)
    };
    print("store: set", set, &|number| vec![stored(number, b"", b"-1", false)])?;
    print("store: set with a quota", set, &|number| vec![stored(number, b"", b"10000", false)])?;
    let got = print("GET of an entry", 0.0, &|number| vec![get(number)])?;
    print("look", got, &|number| vec![looked(number)])?;
    print("store: set with two tags", set, &|number| vec![stored(number, b"", b"-1", true)])?;
    print("look, two tags", got, &|number| vec![looked(number)])?;
    print("GET, look takes the lease, store, UNLINK", set, &|number| {
        vec![get(number), taken(number, b"token"), stored(number, b"token", b"-1", false), unlink(number)]
    })?;
    print("look asks for a lease that is held", got, &|number| vec![taken(number, b"other")])?;
    print("drop: delete", set, &|number| {
        vec![drop.call(&[&name("entry", number), &name("lease", number), index], &[b"d"])]
    })?;
    print("retag: invalidate a tag", set, &|_| {
        vec![retag.call(&records[..1], &[b"h", b"12345678", b"86400000"])]
    })?;
    Ok(())
}
