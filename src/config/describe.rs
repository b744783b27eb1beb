//! Reports the settings in force and the table of all settings.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::endpoint::Endpoint;
use super::precedence::Precedence;
use super::secret::REDACTED;
use super::settings::{Name, Preset, SETTINGS};
use super::values::Values;
use super::{ConfigFields, Topology};

pub(super) fn describe(values: &Values, precedence: &Precedence, fields: &ConfigFields) -> Value {
    let settings = SETTINGS.iter().map(|setting| {
        let value = values.value(setting.name);
        let mut row = json!({
            "variable": setting.variable,
            "value": value.shown,
            "source": value.source.as_str(),
        });
        if let Some((_, winner)) = precedence.overridden.iter().find(|(name, _)| *name == setting.name) {
            row["overriddenBy"] = Value::from(SETTINGS[*winner as usize].option);
        }
        if let Some(in_force) = in_force(setting.name, fields).filter(|counts| *counts != value.shown) {
            row["inForce"] = in_force;
        }
        (setting.option.to_owned(), row)
    });
    Value::Object(settings.collect::<Map<_, _>>())
}

/// The value in force of a setting that others may replace.
fn in_force(name: Name, fields: &ConfigFields) -> Option<Value> {
    let server = match &fields.topology {
        Topology::Single(endpoint) => Some(endpoint),
        _ => None,
    };
    match (name, server) {
        (Name::Host, Some(Endpoint::Tcp { host, .. })) => Some(Value::from(host.as_str())),
        (Name::Port, Some(Endpoint::Tcp { port, .. })) => Some(Value::from(*port)),
        (Name::Host | Name::Port, _) => Some(Value::Null),
        (Name::Username, _) => Some(Value::from(fields.username.as_deref())),
        (Name::Password, _) => Some(Value::from(fields.password.as_ref().map(|_| REDACTED))),
        (Name::Database, _) => Some(Value::from(fields.database)),
        (Name::TestDatabase, _) => Some(Value::from(fields.module_database)),
        (Name::Tls, _) => Some(Value::from(fields.tls.is_some())),
        (Name::TlsInsecure, _) => fields.tls.as_ref().map(|tls| Value::from(tls.insecure)),
        (Name::MinPoolSize, _) => Some(Value::from(fields.min_pool_size)),
        (Name::Protocol, _) => Some(Value::from(fields.protocol.as_str())),
        (Name::Family, _) => Some(Value::from(fields.family.as_str())),
        _ => None,
    }
}

/// The table of all settings for `docs/configuration.md`.
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
