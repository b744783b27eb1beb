//! The fields of the configuration that a single setting decides. The rows of the table name them.

use std::path::PathBuf;
use std::time::Duration;

use super::choice::{Choice, Compression, Driver, LegacyValues, LogLevel, ScaleReads};
use super::near_kinds::NearKinds;
use super::settings::{Name, settings};
use super::values::Values;
use crate::error::Result;

/// Makes `OwnFields` of the rows of `settings!`.
macro_rules! own_fields {
    ($($section:literal { $(
        $name:ident $(as $field:ident: $type:ty)? = $setting:tt $(.$fact:ident $arguments:tt)*;
    )+ })+) => {
        /// The fields of a [`Config`](super::Config) that a single setting decides.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct OwnFields {
            $($($(pub $field: $type,)?)+)+
        }

        impl OwnFields {
            pub(super) fn read(values: &Values) -> Result<OwnFields> {
                Ok(OwnFields { $($($($field: FromSetting::from_setting(values, Name::$name)?,)?)+)+ })
            }

            /// The field of a setting as tests compare it; `None` if other settings have a say in the value.
            #[cfg(test)]
            pub(super) fn shown(&self, name: Name) -> Option<String> {
                match name {
                    $($($(Name::$name => Some(format!("{:?}", self.$field)),)?)+)+
                    _ => None,
                }
            }
        }
    };
}
settings!(own_fields);

/// The types that a row may give its field.
trait FromSetting: Sized {
    fn from_setting(values: &Values, name: Name) -> Result<Self>;
}

impl FromSetting for bool {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.flag(name)
    }
}

impl FromSetting for u32 {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.number(name)
    }
}

impl FromSetting for usize {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.number(name)
    }
}

/// The rule names the unit.
impl FromSetting for Duration {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.duration(name)
    }
}

/// Zero turns the setting off.
impl FromSetting for Option<Duration> {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        Ok(Some(values.duration(name)?).filter(|duration| !duration.is_zero()))
    }
}

impl FromSetting for String {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.required_text(name).map(str::to_owned)
    }
}

impl FromSetting for Option<PathBuf> {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        Ok(values.text(name)?.map(PathBuf::from))
    }
}

impl FromSetting for NearKinds {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.required_text(name).map(NearKinds::of_list)
    }
}

impl<T: Choice> FromSetting for T {
    fn from_setting(values: &Values, name: Name) -> Result<Self> {
        values.choice(name, T::from_word)
    }
}
