//! Suggests the name that was probably meant.

/// The candidate nearest to `typed`, ignoring case. It must be near enough to be a slip, or be a longer form
/// of `typed`.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let is_short_form =
        |candidate: &str| typed.len() > 1 && candidate.to_ascii_lowercase().starts_with(&typed);
    candidates
        .map(|candidate| (edit_distance(&typed, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= candidate.len().max(typed.len()) / 2 || is_short_form(candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements from one text to the other (Levenshtein, one row kept).
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, from_char) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to_char) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from_char != *to_char);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_character_edits() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let names = ["password", "poolSize", "port"];
        assert_eq!(nearest("Passwort", names.into_iter()), Some("password"));
        assert_eq!(nearest("poolsize", names.into_iter()), Some("poolSize"));
        assert_eq!(nearest("ttl", ["signal", "ttlSeconds"].into_iter()), Some("ttlSeconds"));
        assert_eq!(nearest("xyzzyxyzzy", names.into_iter()), None);
    }
}
