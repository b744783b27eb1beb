//! Measures what a job costs a server, and what two parts of the queue's scripts cost of that: calls that take effect once, and
//! fairness between organizations.
//!
//! `cargo run --release --no-default-features --features cache --example queue_scripts -- 127.0.0.1:6379`
//!
//! The server must be one that nobody else uses. It is emptied. A script without a part is made here of the script's text; the
//! product has none. All variants take turns in each round, so that a busy machine slows all of them.

use orgcache::lane::{Frame, Node, append_command};
use orgcache::queue::scripts::{ADD, FINISH, PRELUDE};

#[path = "support/server.rs"]
mod server;
use server::{Result, Server};

/// Jobs of a variant a round.
const JOBS: usize = 5_000;
const ROUNDS: usize = 15;
const PAYLOAD: usize = 119;
const SIZES: [usize; 2] = [50, 1];
const ORGANIZATIONS: [usize; 2] = [1, 100];
/// Arguments of `add` and `finish` in front of their jobs.
const META: &str = "{bench}:meta";
const FREE: &str = "{bench}:.free";

/// The scripts of a queue, as they are or without a part.
struct Scripts {
    label: &'static str,
    add: String,
    finish: String,
}

/// The text without what stands from `start` until `end`, or with something else there. Scripts are sent without indentation.
fn cut(text: &str, start: &str, end: &str, instead: &str) -> Result<String> {
    let found: Vec<usize> = text.match_indices(start).map(|(at, _)| at).collect();
    let [from] = found.as_slice() else {
        return Err(format!("the script has {} places that begin: {start}", found.len()).into());
    };
    let until = text[*from..].find(end).ok_or_else(|| format!("the script has no: {end}"))?;
    Ok([&text[..*from], instead, &text[from + until..]].concat())
}

impl Scripts {
    fn all() -> Result<Scripts> {
        let whole = |body: &[u8]| String::from_utf8([PRELUDE, b"\n", body].concat());
        Ok(Scripts { label: "as they are", add: whole(ADD)?, finish: whole(FINISH)? })
    }

    fn without_effect_once(&self) -> Result<Scripts> {
        let add = cut(&self.add, "local known = call('HGET', SENT", "local most, jobs", "")?;
        let add = cut(&add, "call('HSET', SENT", "local reply", "")?;
        let finish = cut(&self.finish, "local known = call('HGET', SENT", "call('UNLINK', KEYS[2])", "")?;
        let finish = cut(&finish, "call('HSET', SENT", "write_events(", "")?;
        Ok(Scripts { label: "without effect-once", add, finish })
    }

    /// All jobs are in one list, and a claim takes from it.
    fn without_fairness(&self) -> Result<Scripts> {
        let add = cut(&self.add, "enter_all(orgs)\ncount(", "count(", "")?;
        let add = cut(&add, "ARGV[from + 2], ARGV[from + 7]", ", ARGV[from + 7]", "''")?;
        let plan = "if wants > 0 then take({ org = '', weight = 1, wants = wants }) end\n";
        let finish = cut(&self.finish, "local turn = math.max(1, ", "count('ready', -popped)", plan)?;
        let finish = cut(&finish, "if found == 0 then\ncall('ZREM', RING", "if plan.began and", "")?;
        let finish = cut(&finish, "local least = call('ZRANGE', RING", "if most > 0 then", "")?;
        Ok(Scripts { label: "without fairness", add, finish })
    }
}

/// What a job costs, in microseconds of the server's main thread.
#[derive(Debug, Clone, Copy)]
struct Cost {
    add: f64,
    process: f64,
}

impl Cost {
    fn whole(self) -> f64 {
        self.add + self.process
    }
}

struct Workload {
    size: usize,
    organizations: usize,
}

impl Workload {
    fn measure(&self, server: &mut Server, scripts: &Scripts) -> Result<Cost> {
        server.command(&[b"FLUSHALL"])?;
        let mut load = |text: &str| -> Result<Vec<u8>> {
            let reply = server.command(&[b"SCRIPT", b"LOAD", text.as_bytes()])?;
            match Frame::new(&reply).node() {
                Node::Bulk(sha) => Ok(sha.to_vec()),
                other => Err(format!("no script: {other:?}").into()),
            }
        };
        let (add, finish) = (load(&scripts.add)?, load(&scripts.finish)?);
        let jobs = if self.size == 1 { JOBS / 10 } else { JOBS };
        let before = server.worked_us()?;
        for number in 0..jobs / self.size {
            self.add(server, &add, number)?;
        }
        let added = server.worked_us()?;
        let processed = self.process(server, &finish)?;
        if processed != jobs {
            return Err(format!("{}: {processed} of {jobs} jobs were given", scripts.label).into());
        }
        let part = |us: f64| us / jobs as f64;
        Ok(Cost { add: part(added - before), process: part(server.worked_us()? - added) })
    }

    fn add(&self, server: &mut Server, sha: &[u8], number: usize) -> Result<()> {
        let mut words = header(sha, &["", "producer", &(number + 1).to_string(), "0", "PUBLISH"], self.size);
        let payload = format!("\"{}\"", "x".repeat(PAYLOAD - 2));
        for at in number * self.size..(number + 1) * self.size {
            let organization = format!("org{}", at % self.organizations);
            let tail = format!(" t00030000\n{{\"g\":\"{organization}\",\"t\":\"mail\"}}\n{payload}");
            let id = format!("abcdefghij{at}");
            let job = [&id, &organization, "0", "0", "1 a00/03 s00 p+0000 c", &tail, "", "", "0"];
            words.extend(job.map(|word| word.as_bytes().to_vec()));
        }
        run(server, &words)?;
        Ok(())
    }

    /// Claims and finishes until there is nothing more, and answers how many jobs there were.
    fn process(&self, server: &mut Server, sha: &[u8]) -> Result<usize> {
        let (mut held, mut number, mut count): (Vec<[Vec<u8>; 2]>, usize, usize) = (Vec::new(), 0, 0);
        loop {
            number += 1;
            let wants = self.size.to_string();
            let arguments = ["", "worker", &number.to_string(), "15000", &wants, "PUBLISH"];
            let mut words = header(sha, &arguments, held.len());
            for [member, organization] in held.drain(..) {
                let job: [&[u8]; 8] = [&member, b"c", b"null", b"0", &organization, b"", b"0", b"190"];
                words.extend(job.map(<[u8]>::to_vec));
            }
            held = given(&run(server, &words)?)?;
            count += held.len();
            if held.is_empty() {
                return Ok(count);
            }
        }
    }
}

/// A call of a script up to its jobs.
fn header(sha: &[u8], arguments: &[&str], jobs: usize) -> Vec<Vec<u8>> {
    let count = jobs.to_string();
    let keys: [&[u8]; 5] = [b"EVALSHA", sha, b"2", META.as_bytes(), FREE.as_bytes()];
    let arguments = arguments.iter().map(|text| text.as_bytes());
    keys.into_iter().chain(arguments).chain([count.as_bytes()]).map(<[u8]>::to_vec).collect()
}

fn run(server: &mut Server, words: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    append_command(&mut request, &words.iter().map(Vec::as_slice).collect::<Vec<_>>());
    server.send(&request)?;
    server.reply()
}

/// Members and organizations of the jobs that a claim gave.
fn given(reply: &[u8]) -> Result<Vec<[Vec<u8>; 2]>> {
    let Node::Array(mut parts) = Frame::new(reply).node() else { return Err("no reply of a claim".into()) };
    let Some(Node::Array(mut words)) = parts.nth(6) else { return Err("a claim without jobs".into()) };
    let mut given = Vec::new();
    while let (Some(Node::Bulk(member)), Some(Node::Bulk(record))) = (words.next(), words.next()) {
        let record = std::str::from_utf8(record)?;
        let organization = record.split('"').nth(3).ok_or("a record without organization")?;
        given.push([member.to_vec(), organization.as_bytes().to_vec()]);
    }
    Ok(given)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let mut server = Server::connect(&address)?;
    let all = Scripts::all()?;
    let variants = [all.without_effect_once()?, all.without_fairness()?, all];
    println!(
        "us of the main thread a job; the cost of a part is that of the whole life, add, claim and finish"
    );
    for organizations in ORGANIZATIONS {
        for size in SIZES {
            let workload = Workload { size, organizations };
            let mut rounds: Vec<Vec<Cost>> = Vec::new();
            for _ in 0..=ROUNDS {
                let round: Result<Vec<Cost>> =
                    variants.iter().map(|scripts| workload.measure(&mut server, scripts)).collect();
                rounds.push(round?);
            }
            // The first one warms up.
            rounds.remove(0);
            println!("{organizations} organizations, {size} jobs a script");
            for (at, Scripts { label, .. }) in variants.iter().enumerate() {
                let of = |part: fn(Cost) -> f64| median(rounds.iter().map(|round| part(round[at])));
                let (add, process) = (of(|cost| cost.add), of(|cost| cost.process));
                print!("  {label:20} add {add:6.2}  claim and finish {process:6.2}");
                if at + 1 < variants.len() {
                    let cost = median(
                        rounds.iter().map(|round| round[variants.len() - 1].whole() / round[at].whole()),
                    );
                    print!("  the part costs {:4.1} %", (cost - 1.0) * 100.0);
                }
                println!();
            }
        }
    }
    Ok(())
}
