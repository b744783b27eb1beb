//! Reports the settings in force and the table of all settings.

use serde_json::{Map, Value, json};

use super::endpoint::Endpoint;
use super::precedence::Precedence;
use super::secret::REDACTED;
use super::setting::{Defaults, Preset};
use super::settings::{Name, SETTINGS};
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

/// The table of all settings as JSON, from which `scripts/options.mjs` writes documents and types. Defaults may contain
/// `{NODE_ENV}`.
pub fn settings_table() -> Value {
    let rows = SETTINGS.iter().map(|setting| {
        let Defaults { usual, production, test } = setting.defaults;
        json!({
            "option": setting.option,
            "variable": setting.variable,
            "section": setting.section,
            "value": setting.rule.describe(),
            "allowed": setting.rule.allowed(),
            "default": usual.to_json(),
            "production": production.map(Preset::to_json),
            "test": test.map(Preset::to_json),
            "exportedType": setting.exported_type,
            "meaning": setting.meaning,
            "details": setting.details,
        })
    });
    rows.collect()
}
