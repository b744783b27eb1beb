//! Circles of files: a file that names another which names it again, by however many others. Who changes one of them has
//! to read them all. `npm run house` prints them by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{SourceFile, is_test_code, sources};

const MOST_FILES_OF_A_CIRCLE: usize = 3;

type Parts = Vec<String>;

struct File {
    path: String,
    room: String,
    module: Parts,
    code: String,
    /// The paths whose last name its module has, and may hand on.
    imported: Vec<Parts>,
}

struct Tree {
    files: Vec<File>,
    modules: BTreeMap<Parts, usize>,
}

impl File {
    fn new(source: &SourceFile) -> File {
        let path = source.path.to_string_lossy().replace('\\', "/");
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').map(str::to_owned);
        let code = code_of(&source.text);
        let imported = used(&code).iter().flat_map(|tree| branches(tree)).collect();
        File { room: source.room.clone(), module: module.collect(), imported, path, code }
    }
}

/// The code without comments and without the tests at its end.
fn code_of(text: &str) -> String {
    let tests = text
        .match_indices("#[cfg(test)]\nmod ")
        .find(|(at, mark)| text[at + mark.len()..].lines().next().is_some_and(|line| line.ends_with('{')));
    let code = &text[..tests.map_or(text.len(), |(at, _)| at)];
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What stands between `use` and `;`.
fn used(code: &str) -> Vec<&str> {
    let statements = code.match_indices("use ").filter(|(at, _)| {
        let begin = code[..*at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = code[begin..*at].trim();
        before.is_empty() || before.starts_with("pub")
    });
    statements.filter_map(|(at, word)| Some(&code[at + word.len()..at + code[at..].find(';')?])).collect()
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn branches(tree: &str) -> Vec<Parts> {
    let parts = |path: &str| -> Parts {
        path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    let tree = tree.trim();
    let (Some(open), Some(close)) = (tree.find('{'), tree.rfind('}')) else {
        return vec![parts(tree.split(" as ").next().unwrap())];
    };
    let mut depth = 0;
    let inner = tree[open + 1..close].split(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    inner
        .filter(|branch| !branch.trim().is_empty())
        .flat_map(branches)
        .map(|rest| [parts(&tree[..open]), rest].concat())
        .collect()
}

/// Paths that stand in the code itself, from `crate`, `super` or `self`.
fn inline(code: &str) -> Vec<Parts> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    ["crate::", "super::", "self::"]
        .into_iter()
        .flat_map(|start| code.match_indices(start))
        .filter(|(at, _)| !code[..*at].ends_with(|letter| is_word(letter) || letter == ':' || letter == '$'))
        .map(|(at, _)| {
            let path: String =
                code[at..].chars().take_while(|letter| is_word(*letter) || *letter == ':').collect();
            path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
        })
        .collect()
}

impl Tree {
    fn of_sources() -> Tree {
        let files: Vec<File> = sources().iter().filter(|file| !is_test_code(file)).map(File::new).collect();
        let modules = files.iter().enumerate().map(|(number, file)| (file.module.clone(), number)).collect();
        Tree { files, modules }
    }

    /// The path from the crate's root; `None` where it leads out of the crate.
    fn absolute(&self, path: &[String], here: &[String]) -> Option<Parts> {
        let up = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([here, &path[1..]].concat()),
            "super" => Some([here.get(..here.len().checked_sub(up)?)?, &path[up..]].concat()),
            first => {
                let child = [here, &[first.to_owned()]].concat();
                self.modules.contains_key(&child).then(|| [here, path].concat())
            }
        }
    }

    /// The file that defines what a path names, through names that are handed on.
    fn defining(&self, path: &[String], depth: usize) -> Option<usize> {
        let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let number = self.modules[&path[..length]];
        let file = &self.files[number];
        let name = path.get(length);
        let handed_on = file.imported.iter().find(|imported| name.is_some() && imported.last() == name);
        match handed_on.and_then(|imported| self.absolute(imported, &file.module)) {
            Some(further) if depth < 5 => self.defining(&further, depth + 1),
            _ => Some(number),
        }
    }

    /// What a folder's files share may stand in its first file, and methods of its type in theirs.
    fn is_inside(&self, file: usize, folder: usize) -> bool {
        let (file, folder) = (&self.files[file].module, &self.files[folder].module);
        file.len() > folder.len() && file.starts_with(folder)
    }

    fn arrows(&self) -> Vec<BTreeSet<usize>> {
        let mut arrows = vec![BTreeSet::new(); self.files.len()];
        for (number, file) in self.files.iter().enumerate() {
            let inline = inline(&file.code);
            let paths = file.imported.iter().chain(&inline);
            let named = paths.filter_map(|path| self.defining(&self.absolute(path, &file.module)?, 0));
            arrows[number].extend(named.filter(|to| *to != number && !self.is_inside(number, *to)));
        }
        for (number, home) in self.methods_away_from_home() {
            arrows[number].insert(home);
            arrows[home].insert(number);
        }
        arrows
    }

    /// Files with an inherent `impl` of a type that another file defines, and that file.
    fn methods_away_from_home(&self) -> Vec<(usize, usize)> {
        let name_after = |line: &str, mark: &str| -> Option<String> {
            let rest = line.strip_prefix(mark)?;
            Some(rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect())
        };
        let mut homes: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
        for (number, file) in self.files.iter().enumerate() {
            for line in file.code.lines() {
                let line = if line.starts_with("pub") {
                    line.split_once(' ').map_or("", |(_, rest)| rest)
                } else {
                    line
                };
                let name = name_after(line, "struct ").or_else(|| name_after(line, "enum "));
                name.into_iter().for_each(|name| homes.entry((&file.room, name)).or_default().push(number));
            }
        }
        let mut found = Vec::new();
        for (number, file) in self.files.iter().enumerate() {
            let inherent = file.code.lines().filter(|line| line.ends_with('{') && !line.contains(" for "));
            for line in inherent.filter_map(|line| line.strip_prefix("impl")) {
                let line = if line.starts_with('<') {
                    line.split_once("> ").map_or("", |(_, rest)| rest)
                } else {
                    line
                };
                let name = name_after(line.trim_start(), "").unwrap_or_default();
                match homes.get(&(file.room.as_str(), name)).map(Vec::as_slice) {
                    Some([home]) if *home != number && !self.is_inside(number, *home) => {
                        found.push((number, *home));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Files that can all be reached from each other.
    fn circles(&self) -> Vec<Vec<usize>> {
        let arrows = self.arrows();
        let reach = |from: usize| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(file) = next.pop() {
                next.extend(arrows[file].iter().filter(|to| reached.insert(**to)));
            }
            reached
        };
        let reached: Vec<BTreeSet<usize>> = (0..arrows.len()).map(reach).collect();
        let circle = |file: usize| -> Vec<usize> {
            reached[file].iter().copied().filter(|other| reached[*other].contains(&file)).collect()
        };
        let circles: BTreeSet<Vec<usize>> =
            (0..arrows.len()).map(circle).filter(|files| files.len() > 1).collect();
        circles.into_iter().collect()
    }
}

#[test]
fn no_circle_has_more_than_three_files() {
    let tree = Tree::of_sources();
    let mut wrong = Vec::new();
    for circle in tree.circles().into_iter().filter(|circle| circle.len() > MOST_FILES_OF_A_CIRCLE) {
        let paths: Vec<_> = circle.iter().map(|file| tree.files[*file].path.as_str()).collect();
        wrong.push(format!("{} files: {}", circle.len(), paths.join(" ")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_followed_to_the_file_that_defines_them() {
    let tree = Tree::of_sources();
    let path = |path: &str| -> Parts { path.split("::").map(str::to_owned).collect() };
    let defining = |name: &str| tree.defining(&path(name), 0).map(|file| tree.files[file].path.as_str());
    assert_eq!(defining("cache::Core"), Some("cache/core.rs"));
    assert_eq!(defining("key::Kind::ALL"), Some("key/kind.rs"));
    assert_eq!(defining("journal::Journal"), Some("journal/mod.rs"));
    assert_eq!(defining("error::Error"), Some("error.rs"));
    assert_eq!(defining("std::time"), None);
    assert_eq!(
        branches("super::{a, b::{C, d as e}}"),
        [path("super::a"), path("super::b::C"), path("super::b::d")]
    );
}
