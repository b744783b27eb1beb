//! The settings told to people: what is in force, and what there is.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::assemble::Overridden;
use super::settings::{Preset, SETTINGS};
use super::values::Values;

pub(super) fn describe(values: &Values, overridden: &Overridden) -> Value {
    let settings = SETTINGS.iter().map(|setting| {
        let slot = values.slot(setting.name);
        let mut row = json!({
            "variable": setting.variable,
            "value": slot.shown,
            "source": slot.source.as_str(),
        });
        if let Some((_, winner)) = overridden.iter().find(|(name, _)| *name == setting.name) {
            row["overriddenBy"] = Value::from(SETTINGS[*winner as usize].option);
        }
        (setting.option.to_owned(), row)
    });
    Value::Object(settings.collect::<Map<_, _>>())
}

/// The table of all settings for the README.
pub fn markdown_table() -> String {
    let mut table =
        String::from("| variable | option | default | allowed | meaning |\n|---|---|---|---|---|\n");
    for setting in SETTINGS {
        let mut default = default_text(setting.defaults.usual);
        for (environment, special) in
            [("production", setting.defaults.production), ("test", setting.defaults.test)]
        {
            if let Some(special) = special {
                default = format!("{default}, {environment} {}", default_text(special));
            }
        }
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} |",
            setting.variable,
            setting.option,
            default.trim(),
            setting.rule.allowed(),
            setting.meaning
        );
    }
    table
}

fn default_text(default: Preset) -> String {
    match default {
        Preset::Unset => String::new(),
        Preset::Bool(flag) => flag.to_string(),
        Preset::Integer(number) => number.to_string(),
        Preset::Text(text) => format!("`{text}`"),
    }
}
