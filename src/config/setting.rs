//! What a setting is made of.

use serde_json::Value;

use super::choice::Environment;
use super::rule::Rule;
use super::settings::Name;

/// One setting. Everything that is said of it anywhere comes from here.
pub(super) struct Setting {
    pub name: Name,
    /// The heading in `.env.example`.
    pub section: &'static str,
    /// The option's name; `tls.ca` is the member `ca` of the option `tls`.
    pub option: &'static str,
    pub variable: &'static str,
    pub rule: Rule,
    pub defaults: Defaults,
    pub secrecy: Secrecy,
    /// Whether it has no effect without Redis.
    pub needs_redis: bool,
    /// The name under which the package exports the type of the option's words.
    pub exported_type: Option<&'static str>,
    /// A sentence for the table in `docs/configuration.md`, `.env.example` and the types.
    pub meaning: &'static str,
    /// Further sentences for `.env.example` and the types.
    pub details: &'static str,
}

/// How much of a setting's value may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    Open,
    /// Everything but the password may be shown.
    Url,
    Secret,
}

/// The default of a setting.
#[derive(Clone, Copy)]
pub(super) enum Preset {
    Unset,
    Bool(bool),
    Integer(u64),
    Text(&'static str),
}

impl Preset {
    pub(super) fn to_json(self) -> Value {
        match self {
            Preset::Unset => Value::Null,
            Preset::Bool(flag) => Value::from(flag),
            Preset::Integer(number) => Value::from(number),
            Preset::Text(text) => Value::from(text),
        }
    }
}

/// A default, with its replacements in production and in tests.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub usual: Preset,
    pub production: Option<Preset>,
    pub test: Option<Preset>,
}

impl Defaults {
    pub(super) fn in_environment(&self, environment: Environment) -> Preset {
        let special = match environment {
            Environment::Production => self.production,
            Environment::Test => self.test,
            Environment::Development => None,
        };
        special.unwrap_or(self.usual)
    }

    pub(super) const fn in_production(self, default: Preset) -> Self {
        Defaults { production: Some(default), ..self }
    }

    pub(super) const fn in_test(self, default: Preset) -> Self {
        Defaults { test: Some(default), ..self }
    }
}

const fn usually(usual: Preset) -> Defaults {
    Defaults { usual, production: None, test: None }
}

pub(super) const fn flag(default: bool) -> Defaults {
    usually(Preset::Bool(default))
}

pub(super) const fn number(default: u64) -> Defaults {
    usually(Preset::Integer(default))
}

/// `{NODE_ENV}` in the text stands for that variable, or `development`.
pub(super) const fn word(default: &'static str) -> Defaults {
    usually(Preset::Text(default))
}

impl Setting {
    pub(super) const fn new(
        (name, section): (Name, &'static str),
        (option, variable): (&'static str, &'static str),
        rule: Rule,
    ) -> Self {
        Setting {
            name,
            section,
            option,
            variable,
            rule,
            defaults: usually(Preset::Unset),
            secrecy: Secrecy::Open,
            needs_redis: false,
            exported_type: None,
            meaning: "",
            details: "",
        }
    }

    pub(super) const fn secret(self) -> Self {
        Setting { secrecy: Secrecy::Secret, ..self }
    }

    pub(super) const fn url(self) -> Self {
        Setting { secrecy: Secrecy::Url, ..self }
    }

    pub(super) const fn defaults(self, defaults: Defaults) -> Self {
        Setting { defaults, ..self }
    }

    pub(super) const fn only_with_redis(self) -> Self {
        Setting { needs_redis: true, ..self }
    }

    pub(super) const fn exported_as(self, name: &'static str) -> Self {
        Setting { exported_type: Some(name), ..self }
    }

    pub(super) const fn means(self, meaning: &'static str) -> Self {
        Setting { meaning, ..self }
    }

    pub(super) const fn details(self, details: &'static str) -> Self {
        Setting { details, ..self }
    }
}

/// Makes `Name` and `SETTINGS` of the rows of `settings!`.
macro_rules! table {
    ($($section:literal { $(
        $name:ident $(as $field:ident: $type:ty)? = ($option:literal, $variable:literal, $rule:expr)
        $(.$fact:ident($($argument:expr),*))*;
    )+ })+) => {
        /// The index of a setting in [`SETTINGS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Name {
            $($($name,)+)+
        }

        /// Every setting, in the order of [`Name`].
        pub(super) static SETTINGS: &[Setting] = &[$($(
            Setting::new((Name::$name, $section), ($option, $variable), $rule)$(.$fact($($argument),*))*,
        )+)+];
    };
}
pub(super) use table;
