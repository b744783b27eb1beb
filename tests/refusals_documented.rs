//! `docs/errors.md` repeats the table of refusals.

use orgcache::redis::REFUSALS;

#[test]
fn the_table_of_refusals_in_the_docs_is_the_one_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    let text = std::fs::read_to_string(path).unwrap();
    let is_row =
        |line: &&str| ["| wait |", "| later |", "| replace |"].iter().any(|cell| line.contains(cell));
    let documented: Vec<&str> = text.lines().filter(is_row).collect();
    let expected: Vec<String> = REFUSALS
        .iter()
        .map(|row| format!("| `{}` | {} | {} |", row.code, row.policy.name(), row.meaning))
        .collect();
    assert_eq!(documented, expected);
}
