//! Prints the table of `docs/configuration.md`: `cargo run --no-default-features --example configuration_table`.

// Printing is what this program is for.
#![allow(clippy::print_stdout)]

fn main() {
    print!("{}", orgcache::config::markdown_table());
}
