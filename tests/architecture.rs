//! Checks the plan of the house: arrows between rooms point down, `unsafe` and `napi` stay in the binding,
//! each room states its promises, and files stay short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/circles.rs"]
mod circles;

/// The rooms that a room may name. A lower room knows nothing of a higher one.
const ARROWS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("health", &[]),
    ("key", &["error"]),
    ("codec", &["error"]),
    ("config", &["error"]),
    ("lane", &[]),
    ("command", &[]),
    ("script", &[]),
    ("runtime", &["error"]),
    ("store", &["error"]),
    ("sync", &[]),
    ("planted", &[]),
    ("near", &["planted", "sync"]),
    ("erasure", &["error", "script"]),
    ("journal", &["error"]),
    ("connection", &["config", "error", "lane", "runtime", "sync"]),
    ("redis", &["command", "config", "connection", "error", "health", "lane"]),
    ("outage", &["config", "error", "health", "journal", "key", "lane", "redis", "script", "store"]),
    ("watch", &["connection", "error", "health", "lane", "near", "runtime"]),
    ("copies", &["config", "near", "outage", "redis", "watch"]),
    (
        "entries",
        &[
            "codec", "config", "copies", "erasure", "error", "health", "journal", "key", "lane", "near",
            "outage", "planted", "redis", "script", "store",
        ],
    ),
    (
        "cache",
        &[
            "codec", "command", "config", "copies", "entries", "erasure", "error", "health", "journal",
            "key", "lane", "near", "outage", "redis", "script",
        ],
    ),
    (
        "limiter",
        &["config", "connection", "erasure", "error", "health", "key", "lane", "redis", "runtime", "script"],
    ),
    ("session", &["codec", "config", "erasure", "error", "health", "key", "lane", "redis", "script"]),
    ("topic", &["config", "erasure", "error", "health", "key", "lane", "redis", "script"]),
    (
        "queue",
        &[
            "command",
            "config",
            "connection",
            "erasure",
            "error",
            "health",
            "journal",
            "key",
            "lane",
            "redis",
            "runtime",
            "script",
        ],
    ),
    (
        "features",
        &[
            "cache", "config", "erasure", "error", "health", "lane", "limiter", "queue", "redis", "session",
            "topic",
        ],
    ),
    (
        "topology",
        &[
            "cache",
            "command",
            "config",
            "connection",
            "error",
            "features",
            "health",
            "journal",
            "lane",
            "outage",
            "redis",
            "runtime",
        ],
    ),
    (
        "binding",
        &[
            "cache",
            "codec",
            "command",
            "config",
            "connection",
            "copies",
            "erasure",
            "error",
            "features",
            "health",
            "journal",
            "key",
            "lane",
            "near",
            "redis",
            "runtime",
            "store",
            "topology",
        ],
    ),
];

/// A longer file holds two ideas.
const MAX_LINES: usize = 500;

struct SourceFile {
    path: PathBuf,
    room: String,
    text: String,
}

/// Every file of `src/` except `lib.rs`, which is the map itself.
fn sources() -> Vec<SourceFile> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    let files: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&src).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
            let room = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            SourceFile { path: inside.to_owned(), room, text }
        })
        .filter(|file| file.room != "lib")
        .collect();
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn is_test_code(file: &SourceFile) -> bool {
    let path = file.path.to_string_lossy();
    path.contains("tests") || path.contains("contract")
}

/// The lines of code: no comments, and nothing after `#[cfg(test)]`.
fn code(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    file.text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The rooms that a line names after `crate::`.
fn named(line: &str) -> BTreeSet<String> {
    line.match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with('$'))
        .map(|(at, _)| {
            let rest = &line[at + "crate::".len()..];
            rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
        })
        .filter(|room: &String| !room.is_empty())
        .collect()
}

#[test]
fn no_arrow_points_up_or_sideways() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| !is_test_code(file)) {
        let allowed = ARROWS
            .iter()
            .find(|(room, _)| *room == file.room)
            .unwrap_or_else(|| panic!("{} is a room that the plan does not know", file.room))
            .1;
        for (number, line) in code(file) {
            for room in named(line) {
                if room != file.room && !allowed.contains(&room.as_str()) {
                    wrong.push(format!("{}:{number}: {} names {room}", file.path.display(), file.room));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_plan_itself_has_no_arrow_up() {
    for (position, (room, allowed)) in ARROWS.iter().enumerate() {
        let below: Vec<_> = ARROWS[..position].iter().map(|(room, _)| *room).collect();
        for target in *allowed {
            assert!(below.contains(target), "{room} may name {target}, which does not stand below it");
        }
    }
}

#[test]
fn only_the_binding_names_node_or_is_unsafe() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.room != "binding") {
        for (number, line) in code(file) {
            let words: Vec<_> = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
            if words.contains(&"unsafe") || words.contains(&"napi") || words.contains(&"napi_derive") {
                wrong.push(format!("{}:{number}: {}", file.path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_binding_holds_nothing_that_runs_without_node() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.room == "binding") {
        let needs_node = code(file).any(|(_, line)| {
            line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .any(|word| ["napi", "napi_derive", "uv", "unsafe"].contains(&word))
        });
        let path = file.path.to_string_lossy().replace('\\', "/");
        if !needs_node {
            wrong
                .push(format!("src/{path} names neither napi nor libuv and has no unsafe: it belongs below"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_says_what_it_promises_what_it_relies_on_and_what_it_never_does() {
    for (room, _) in ARROWS {
        let files = sources();
        let first = files
            .iter()
            .find(|file| {
                let path = file.path.to_string_lossy();
                path == format!("{room}.rs") || path == format!("{room}/mod.rs")
            })
            .unwrap_or_else(|| panic!("the room {room} has no first file"));
        let head: String =
            first.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
        for word in ["Promises", "Relies", "Never"] {
            let is_said = head.contains(word) || (word == "Never" && head.contains("never"));
            assert!(is_said, "{} does not say what it {}", first.path.display(), word.to_lowercase());
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<_> = sources()
        .iter()
        .filter(|file| !is_test_code(file) && file.text.lines().count() > MAX_LINES)
        .map(|file| format!("{}: {} lines", file.path.display(), file.text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

struct Script {
    path: String,
    /// The lines before the code, without their comment marks.
    header: Vec<String>,
    code: Vec<String>,
}

/// The Lua scripts of `src/` and, as modules, of `js/`.
fn scripts() -> Vec<Script> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = files(&root.join("src"), ".lua").into_iter().chain(files(&root.join("js"), ".lua.js"));
    let scripts: Vec<_> = paths
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.is_empty() && *line != "'use strict';");
            let mark = |line: &&str| line.starts_with("--") || line.starts_with("//");
            let header = lines.clone().take_while(mark).map(|line| line[2..].trim().to_owned()).collect();
            let code = lines.skip_while(mark).map(str::to_owned).collect();
            let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            Script { path, header, code }
        })
        .collect();
    assert!(scripts.len() >= 10, "the scripts were not found");
    scripts
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[test]
fn fuzz_targets_are_under_the_lints_of_the_crate() {
    let lints = |manifest: &str| {
        let text = read(manifest);
        let (_, from) = text.split_once("[lints.rust]").expect("a table of lints");
        from.split("\n\n[")
            .take(2)
            .map(|table| table.split("\n\n").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(lints("fuzz/Cargo.toml"), lints("Cargo.toml"));
}

#[test]
fn a_script_says_what_it_takes_what_it_answers_and_who_calls_it() {
    let mut wrong = Vec::new();
    for Script { path, header, code } in scripts() {
        let part = |name: &str| header.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        for name in ["KEYS", "ARGV", "Reply", "Caller"] {
            if part(name).is_none_or(|text| text.trim().is_empty()) {
                wrong.push(format!("{path} has no {name} in its header"));
            }
        }
        let file = path.rsplit('/').next().unwrap();
        let name = file.split('.').next().unwrap();
        let used_as = if Path::new(&path).extension().is_some_and(|extension| extension == "js") {
            file.to_owned()
        } else {
            name.to_uppercase()
        };
        let caller = part("Caller").and_then(|text| text.split(',').next()).unwrap_or_default();
        if !read(caller).contains(&used_as) {
            wrong.push(format!("{path}: its caller {caller:?} does not name {used_as}"));
        }
        // Code is sent without comment lines, and each line is trimmed.
        let spoiled = |line: &&String| line.contains("--") && !line.trim().starts_with("--");
        wrong
            .extend(code.iter().filter(spoiled).map(|line| format!("{path}: a comment behind code: {line}")));
        let long = code.iter().filter(|line| line.contains("[[") || line.contains("[="));
        wrong.extend(long.map(|line| format!("{path}: a text or comment of several lines: {line}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_script_has_a_test_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = |folder: &str, end: &str| -> String {
        files(&root.join(folder), end).iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    };
    let (rust, js) = (texts("tests/cache_over_redis/scripts", ".rs"), texts("__test__", "scripts.test.js"));
    for Script { path, .. } in scripts() {
        let file = path.rsplit('/').next().unwrap();
        let is_run = match file.strip_suffix(".lua") {
            Some(name) => rust.contains(&format!("client, {}, ", name.to_uppercase())),
            None => js.contains(file),
        };
        assert!(is_run, "{path} is run by no test of its own");
    }
}

#[test]
fn lua_stands_in_files_of_its_own() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| !is_test_code(file)) {
        let lines =
            code(file).filter(|(_, line)| line.contains("redis.call(") || line.contains("redis.pcall("));
        wrong.extend(lines.map(|(number, line)| format!("src/{}:{number}: {line}", file.path.display())));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in
        files(&root.join("js"), ".js").iter().filter(|path| !path.to_string_lossy().ends_with(".lua.js"))
    {
        let text = fs::read_to_string(path).unwrap();
        // A client has a method `call` too, but names commands in lower case.
        let is_lua = |line: &&str| {
            line.split_once("redis.call(").or_else(|| line.split_once("redis.pcall(")).is_some_and(
                |(_, rest)| {
                    rest.starts_with(['\'', '"'])
                        && rest[1..].starts_with(|letter: char| letter.is_ascii_uppercase())
                },
            )
        };
        wrong.extend(text.lines().filter(is_lua).map(|line| format!("{}: {line}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Times that JavaScript may have itself: a fact of Node, and what the command line waits for or finds slow.
const OWN_TIMES: &[(&str, &str)] = &[
    ("js/time.js", "MAX_TIMER_MS"),
    ("js/cli/store.js", "CONNECT_TIMEOUT_MS"),
    ("js/cli/doctor/findings.js", "DEADLINE_MS"),
    ("js/cli/doctor/queues.js", "LATE_MS"),
    ("js/cli/doctor/server.js", "CLOCK_TOLERANCE_MS"),
    ("js/cli/doctor/server.js", "SLOW_MS"),
    ("js/cli/doctor/tls.js", "EXPIRES_SOON_MS"),
];

/// The scripts of `js/` without those of `js/ioredis/`, whose policies are ioredis's: path and lines of code.
fn scripts_of_ours() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found: Vec<_> = files(&root.join("js"), ".js")
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(path).unwrap();
            let is_code = |line: &&str| !line.trim_start().starts_with(['*', '/']);
            (name, text.lines().filter(is_code).map(str::to_owned).collect())
        })
        .filter(|(name, _): &(String, Vec<String>)| !name.starts_with("js/ioredis/"))
        .collect();
    assert!(found.len() > 50, "the scripts were not found");
    found
}

/// The name of a time that a line of JavaScript gives a number other than 0.
fn time_of(line: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    ["Ms", "_MS", "Seconds", "_SECONDS"].iter().find_map(|unit| {
        line.match_indices(unit).find_map(|(at, _)| {
            let (before, after) = line.split_at(at + unit.len());
            let number = after.trim_start().trim_start_matches([':', '=']).trim_start();
            let is_given =
                number.len() < after.trim_start().len() && number.starts_with(|c| matches!(c, '1'..='9'));
            let begin = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
            is_given.then(|| &before[begin..])
        })
    })
}

/// Whether a line of JavaScript pauses for a number that stands there.
fn pauses_for_a_number(line: &str) -> bool {
    let is_number = |text: &str| {
        let digits = text.trim().trim_end_matches(';').trim_end_matches(')');
        !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
            && digits != "0"
    };
    let first =
        |call: &str| line.split_once(call).map(|(_, rest)| rest.split([',', ')']).next().unwrap_or(""));
    let last =
        |call: &str| line.split_once(call).and_then(|(_, rest)| rest.rsplit_once(", ")).map(|(_, last)| last);
    ["delay(", "pause("].iter().filter_map(|call| first(call)).any(is_number)
        || ["setTimeout", "setInterval"].iter().filter_map(|call| last(call)).any(is_number)
}

#[test]
fn what_counts_as_a_time_of_javascript() {
    assert_eq!(time_of("const IDLE_MS = 30_000;"), Some("IDLE_MS"));
    assert_eq!(time_of("  blockMs: 5_000,"), Some("blockMs"));
    assert_eq!(time_of("function f(ttlSeconds = 60) {"), Some("ttlSeconds"));
    assert_eq!(time_of("  successor.shutdown({ timeoutMs: 0 });"), None);
    assert_eq!(time_of("  const { poolIdleMs } = protocol.limits;"), None);
    assert_eq!(time_of("  const isLate = waitedMs === 1;"), Some("waitedMs"));
    for line in
        ["await delay(50);", "pause(2_000, signal)", "setTimeout(resolve, 100);", "run(setTimeout, end, 5)"]
    {
        assert!(pauses_for_a_number(line), "{line}");
    }
    for line in ["await delay(ms);", "setTimeout(resolve, timeoutMs);", "pause(native.pauseAfter(1), signal)"]
    {
        assert!(!pauses_for_a_number(line), "{line}");
    }
}

#[test]
fn times_and_chances_of_javascript_come_from_native_code() {
    let mut wrong = Vec::new();
    let mut owned = BTreeSet::new();
    for (path, lines) in scripts_of_ours() {
        for line in lines {
            let is_own = |name: &str| OWN_TIMES.contains(&(path.as_str(), name));
            match time_of(&line) {
                Some(name) if is_own(name) => {
                    owned.insert((path.clone(), name.to_owned()));
                }
                Some(_) => wrong.push(format!("{path}: {}", line.trim())),
                None if pauses_for_a_number(&line) || line.contains("Math.random") => {
                    wrong.push(format!("{path}: {}", line.trim()));
                }
                None => {}
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these belong into src/config/limits.rs or another room:\n{}",
        wrong.join("\n")
    );
    assert_eq!(owned.len(), OWN_TIMES.len(), "OWN_TIMES names more than there is: {owned:?}");
}

#[test]
fn javascript_uses_every_limit_that_it_is_told_and_its_types_know_each() {
    let scripts: String = scripts_of_ours().into_iter().flat_map(|(_, lines)| lines).collect();
    let types = read("js/native-types.d.ts") + &read("js/protocol-names.d.ts");
    let limits = orgcache::config::limits();
    for name in limits.as_object().unwrap().keys() {
        assert!(scripts.contains(name.as_str()), "nothing in js/ uses the limit {name}");
        let is_typed = types.contains(&format!("'{name}'")) || types.contains(&format!("  {name}: "));
        assert!(is_typed, "the types of js/ have no limit {name}");
    }
}

/// Scripts that read sentences of others: of V8, of the server, and of the system's loader.
const READERS_OF_SENTENCES: &[&str] =
    &["js/cache-calls.js", "js/client/transaction.js", "js/native.js", "js/streams/commands.js"];

#[test]
fn javascript_reads_no_sentence_of_native_code() {
    let mut wrong = Vec::new();
    for (path, lines) in scripts_of_ours() {
        let reads = |line: &&String| {
            [".test(", ".exec(", ".match("].iter().any(|read| line.contains(read))
                && line.contains("message)")
        };
        for line in lines.iter().filter(reads) {
            if !READERS_OF_SENTENCES.contains(&path.as_str()) {
                wrong.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "an error has a code, or native code decides:\n{}", wrong.join("\n"));
}
