//! The values of settings before they become a configuration. Each is validated by itself and keeps its
//! source.

use std::time::Duration;

use serde_json::{Map, Value};

use super::choice::Environment;
use super::endpoint::{Endpoint, RedisUrl, is_url, redact_url};
use super::rule::{Parsed, Rule, Unit};
use super::secret::REDACTED;
use super::setting::{Preset, Secrecy, Setting};
use super::settings::{Name, SETTINGS};
use super::suggestion::nearest;
use crate::error::{Error, ErrorCode, Result};

/// The source of a value; the greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Default,
    Environment,
    Option,
}

impl Source {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Source::Default => "default",
            Source::Environment => "environment",
            Source::Option => "option",
        }
    }
}

/// One setting's value.
#[derive(Debug)]
pub(super) struct SettingValue {
    parsed: Option<Parsed>,
    pub source: Source,
    /// The value in a form that may be shown.
    pub shown: Value,
    /// Why the value is not allowed. It is never reported if another setting overrides this one.
    refusal: Option<Error>,
}

/// The value of each setting, in the order of the table.
#[derive(Debug)]
pub(super) struct Values {
    of_settings: Vec<SettingValue>,
    environment: Environment,
    node_env: Option<String>,
}

impl Values {
    pub(super) fn gather(
        options: &Map<String, Value>,
        env: &dyn Fn(&str) -> Option<String>,
        environment: Environment,
    ) -> Result<Values> {
        let given = flatten(options)?;
        let node_env =
            env("NODE_ENV").filter(|name| Rule::KeyPrefix.parse(name).is_some() && !name.is_empty());
        let values = SETTINGS.iter().map(|setting| {
            if let Some((_, text)) = given.iter().find(|(name, _)| *name == setting.name) {
                return setting.validate(text, Source::Option);
            }
            match env(setting.variable).filter(|text| !text.is_empty()) {
                Some(text) => setting.validate(setting.rule.variable_text(&text), Source::Environment),
                None => setting.default_in(environment, node_env.as_deref()),
            }
        });
        let values = values.collect();
        Ok(Values { of_settings: values, environment, node_env })
    }

    /// Fails if the value of this setting is not allowed.
    pub(super) fn judge(&mut self, name: Name) -> Result<()> {
        self.of_settings[name as usize].refusal.take().map_or(Ok(()), Err)
    }

    /// Fails for the first setting whose value is not allowed, except dismissed ones.
    pub(super) fn judge_all(&mut self) -> Result<()> {
        SETTINGS.iter().try_for_each(|setting| self.judge(setting.name))
    }

    /// Marks a setting as overridden: an invalid value is then replaced by the default.
    pub(super) fn dismiss(&mut self, name: Name) {
        let default = SETTINGS[name as usize].default_in(self.environment, self.node_env.as_deref());
        let value = &mut self.of_settings[name as usize];
        if value.refusal.take().is_some() {
            value.parsed = default.parsed;
        }
    }

    pub(super) fn value(&self, name: Name) -> &SettingValue {
        &self.of_settings[name as usize]
    }

    pub(super) fn source(&self, name: Name) -> Source {
        self.value(name).source
    }

    /// The user's name for the setting: the option or the variable, whichever the value came from.
    pub(super) fn label(&self, name: Name) -> String {
        SETTINGS[name as usize].label(self.source(name))
    }

    pub(super) fn flag(&self, name: Name) -> Result<bool> {
        match self.value(name).parsed {
            Some(Parsed::Bool(flag)) => Ok(flag),
            _ => Err(unexpected(name)),
        }
    }

    pub(super) fn integer(&self, name: Name) -> Result<u64> {
        match self.value(name).parsed {
            Some(Parsed::Integer(number)) => Ok(number),
            Some(Parsed::Port { port, .. }) => Ok(port.into()),
            _ => Err(unexpected(name)),
        }
    }

    /// An integer as the type that its user needs.
    pub(super) fn number<T: TryFrom<u64>>(&self, name: Name) -> Result<T> {
        T::try_from(self.integer(name)?)
            .map_err(|_| config_error(format!("{} is larger than this machine can count", self.label(name))))
    }

    /// A duration in the unit of the setting's rule.
    pub(super) fn duration(&self, name: Name) -> Result<Duration> {
        let amount = self.integer(name)?;
        match SETTINGS[name as usize].rule {
            Rule::Integer { unit: Unit::Milliseconds, .. } => Ok(Duration::from_millis(amount)),
            Rule::Integer { unit: Unit::Seconds, .. } => Ok(Duration::from_secs(amount)),
            _ => Err(unexpected(name)),
        }
    }

    /// The value of a setting with a fixed choice of words.
    pub(super) fn choice<T>(&self, name: Name, from_word: fn(&str) -> Option<T>) -> Result<T> {
        match self.value(name).parsed {
            Some(Parsed::Choice(word)) => from_word(word).ok_or_else(|| unexpected(name)),
            _ => Err(unexpected(name)),
        }
    }

    pub(super) fn text(&self, name: Name) -> Result<Option<&str>> {
        match &self.value(name).parsed {
            Some(Parsed::Text(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(_) => Err(unexpected(name)),
        }
    }

    pub(super) fn required_text(&self, name: Name) -> Result<&str> {
        self.text(name)?.ok_or_else(|| unexpected(name))
    }

    /// The host that the port was given with.
    pub(super) fn host_of_port(&self) -> Option<&str> {
        match &self.value(Name::Port).parsed {
            Some(Parsed::Port { host, .. }) => host.as_deref(),
            _ => None,
        }
    }

    pub(super) fn url(&self) -> Option<&RedisUrl> {
        match &self.value(Name::Url).parsed {
            Some(Parsed::Url(url)) => Some(url),
            _ => None,
        }
    }

    pub(super) fn hosts(&self, name: Name) -> &[Endpoint] {
        match &self.value(name).parsed {
            Some(Parsed::Hosts(hosts)) => hosts,
            _ => &[],
        }
    }
}

/// Happens only if the rule, the default and the field's type of a table's row disagree. Every load reads every row, so tests
/// find such a row.
fn unexpected(name: Name) -> Error {
    config_error(format!(
        "the setting {} has a default or a field of another type",
        SETTINGS[name as usize].option
    ))
}

pub(super) fn config_error(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Config, message)
}

impl Setting {
    pub(super) fn label(&self, source: Source) -> String {
        match source {
            Source::Option => format!("option {}", self.option),
            Source::Environment | Source::Default => self.variable.to_owned(),
        }
    }

    /// The error for an invalid value.
    pub(super) fn refuse(&self, shown: &str, source: Source) -> Error {
        let error =
            config_error(format!("{} is {shown}; allowed is {}", self.label(source), self.rule.allowed()));
        match self.name {
            Name::TlsCa | Name::TlsCert | Name::TlsKey => error.about_certificate(),
            _ => error,
        }
    }

    fn validate(&self, text: &str, source: Source) -> SettingValue {
        let Some(parsed) = self.rule.parse(text) else {
            let shown = self.show_refused(text);
            let refusal = Some(self.refuse(&shown, source));
            return SettingValue {
                parsed: None,
                source,
                shown: Value::from(shown.trim_matches('"')),
                refusal,
            };
        };
        let shown = match self.secrecy {
            Secrecy::Open if text.contains("-----BEGIN") => Value::from("(PEM text)"),
            Secrecy::Open => parsed.to_json(),
            Secrecy::Url => Value::from(redact_url(text.trim())),
            Secrecy::Secret => Value::from(REDACTED),
        };
        SettingValue { parsed: Some(parsed), source, shown, refusal: None }
    }

    fn default_in(&self, environment: Environment, node_env: Option<&str>) -> SettingValue {
        let parsed = match self.defaults.in_environment(environment) {
            Preset::Unset => None,
            Preset::Bool(flag) => Some(Parsed::Bool(flag)),
            Preset::Integer(number) => Some(Parsed::Integer(number)),
            Preset::Text(text) => {
                self.rule.parse(&text.replace("{NODE_ENV}", node_env.unwrap_or("development")))
            }
        };
        let shown = parsed.as_ref().map_or(Value::Null, Parsed::to_json);
        SettingValue { parsed, source: Source::Default, shown, refusal: None }
    }

    /// An invalid value in a form that an error may show. A URL or a key in a setting without a secret is
    /// still a secret.
    pub(super) fn show_refused(&self, text: &str) -> String {
        const LONGEST_SHOWN: usize = 100;
        let may_hide_a_secret = text.contains("-----") || text.contains('@') && !is_url(text);
        match self.secrecy {
            Secrecy::Secret => REDACTED.to_owned(),
            Secrecy::Open if may_hide_a_secret => REDACTED.to_owned(),
            Secrecy::Open if text.len() > LONGEST_SHOWN => format!("text of {} bytes", text.len()),
            Secrecy::Url => format!("{:?}", redact_url(text.trim())),
            Secrecy::Open if is_url(text) => format!("{:?}", redact_url(text.trim())),
            Secrecy::Open => format!("{text:?}"),
        }
    }
}

/// The given options as pairs of name and text, in the form of environment variables.
fn flatten(options: &Map<String, Value>) -> Result<Vec<(Name, String)>> {
    let mut given = Vec::new();
    for (key, value) in options {
        match value {
            Value::Object(members) if let Some(switch) = switch_of(key) => {
                given.push((switch, "true".to_owned()));
                for (member, value) in members {
                    add_option(&mut given, &format!("{key}.{member}"), value)?;
                }
            }
            _ if key.contains('.') => return Err(unknown_option(key)),
            _ => add_option(&mut given, key, value)?,
        }
    }
    Ok(given)
}

/// The setting that an option turns on which may be an object.
fn switch_of(option: &str) -> Option<Name> {
    match option {
        "tls" => Some(Name::Tls),
        "near" => Some(Name::Near),
        _ => None,
    }
}

fn add_option(given: &mut Vec<(Name, String)>, option: &str, value: &Value) -> Result<()> {
    let setting =
        SETTINGS.iter().find(|setting| setting.option == option).ok_or_else(|| unknown_option(option))?;
    let text = match value {
        Value::Null => return Ok(()),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(text) if text.is_empty() && !setting.rule.empty_text_is_a_value() => return Ok(()),
        Value::String(text) => text.clone(),
        Value::Array(entries) if matches!(setting.rule, Rule::Hosts { .. }) => host_list_text(entries)
            .ok_or_else(|| setting.refuse("a list with an entry that is no host and port", Source::Option))?,
        Value::Array(entries) if matches!(setting.rule, Rule::Words(_)) => {
            let words: Option<Vec<&str>> = entries.iter().map(Value::as_str).collect();
            words
                .ok_or_else(|| setting.refuse("a list with an entry that is no text", Source::Option))?
                .join(",")
        }
        Value::Array(_) => return Err(setting.refuse("a list", Source::Option)),
        Value::Object(_) => return Err(setting.refuse("an object", Source::Option)),
    };
    given.push((setting.name, text));
    Ok(())
}

/// Formats a number. JavaScript has no integers, so `5` may arrive as `5.0`.
fn number_text(number: &serde_json::Number) -> String {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= LARGEST_EXACT => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

/// Entries are `"host:port"` or `{host, port}`, with or without the port.
fn host_list_text(entries: &[Value]) -> Option<String> {
    let texts = entries.iter().map(|entry| match entry {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => {
            let host = members.get("host")?.as_str()?;
            let port = match members.get("port") {
                None | Some(Value::Null) => String::new(),
                Some(Value::Number(port)) => format!(":{}", number_text(port)),
                Some(Value::String(port)) => format!(":{port}"),
                Some(_) => return None,
            };
            Some(if host.contains(':') { format!("[{host}]{port}") } else { format!("{host}{port}") })
        }
        _ => None,
    });
    Some(texts.collect::<Option<Vec<_>>>()?.join(","))
}

fn unknown_option(option: &str) -> Error {
    const LONGEST_SHOWN: usize = 64;
    let is_plain = option.len() <= LONGEST_SHOWN
        && option.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if !is_plain {
        return config_error("there is an option whose name is no name; options are named like keyPrefix");
    }
    let by_variable = SETTINGS.iter().find(|setting| setting.variable.eq_ignore_ascii_case(option));
    let meant = by_variable
        .map(|setting| setting.option)
        .or_else(|| nearest(option, SETTINGS.iter().map(|setting| setting.option)));
    match meant {
        Some(meant) => config_error(format!("there is no option {option}; did you mean {meant}?")),
        None => config_error(format!(
            "there is no option {option}; the options are {}",
            SETTINGS.iter().map(|setting| setting.option).collect::<Vec<_>>().join(", ")
        )),
    }
}
