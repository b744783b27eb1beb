//! The cookie that carries an id.

use serde_json::{Value, json};

use super::options::{refusal, refuse_unknown, text_of};
use crate::error::Result;

const OPTIONS: [&str; 6] = ["name", "domain", "path", "sameSite", "persistent", "insecure"];
/// Browsers take a cookie of this name only if it is of one host, of all paths, and came over TLS.
const HOST: &str = "__Host-";
const SECURE: &str = "__Secure-";
const DEFAULT_NAME: &str = "__Host-id";
const INSECURE_NAME: &str = "id";
const SITES: [(&str, &str); 3] = [("lax", "Lax"), ("strict", "Strict"), ("none", "None")];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieOptions {
    pub name: String,
    pub domain: Option<String>,
    pub path: String,
    pub same_site: &'static str,
    pub persistent: bool,
    pub insecure: bool,
}

impl CookieOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(given: Option<&Value>, is_production: bool) -> Result<CookieOptions> {
        let empty = serde_json::Map::new();
        let given = match given {
            None => &empty,
            Some(Value::Object(given)) => given,
            Some(_) => return Err(refusal("cookie is no object")),
        };
        refuse_unknown(given, &OPTIONS, "cookie.")?;
        let switch = |option: &str| match given.get(option) {
            None => Ok(false),
            Some(Value::Bool(is_on)) => Ok(*is_on),
            Some(_) => Err(refusal(&format!("cookie.{option} is not allowed; give true or false"))),
        };
        let (persistent, insecure) = (switch("persistent")?, switch("insecure")?);
        let default_name = if insecure { INSECURE_NAME } else { DEFAULT_NAME };
        let name = text_of(given, "name", "cookie.")?.unwrap_or_else(|| default_name.to_owned());
        let path = text_of(given, "path", "cookie.")?.unwrap_or_else(|| "/".to_owned());
        let domain = text_of(given, "domain", "cookie.")?;
        let site = text_of(given, "sameSite", "cookie.")?.unwrap_or_else(|| "lax".to_owned());
        let same_site = SITES
            .into_iter()
            .find(|(word, _)| site.eq_ignore_ascii_case(word))
            .map(|(_, site)| site)
            .ok_or_else(|| refusal("cookie.sameSite is not allowed; give lax, strict or none"))?;
        let cookie = CookieOptions { name, domain, path, same_site, persistent, insecure };
        cookie.check(is_production)?;
        Ok(cookie)
    }

    fn check(&self, is_production: bool) -> Result<()> {
        let CookieOptions { name, domain, path, same_site, insecure, .. } = self;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(refusal("cookie.name is not allowed; give letters, digits, hyphens or underscores"));
        }
        let is_value = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';');
        if !path.starts_with('/') || !is_value(path) {
            return Err(refusal("cookie.path is not allowed; give a path that begins with /"));
        }
        if domain.as_deref().is_some_and(|domain| domain.is_empty() || !is_value(domain)) {
            return Err(refusal("cookie.domain is not allowed; give the name of a domain"));
        }
        if name.starts_with(HOST) && (domain.is_some() || path != "/") {
            return Err(refusal(
                "cookie.domain and cookie.path are not allowed with a name that begins with __Host-; give the cookie another name",
            ));
        }
        if *insecure && (name.starts_with(HOST) || name.starts_with(SECURE)) {
            return Err(refusal(
                "cookie.insecure is not allowed with a name that begins with __Host- or __Secure-",
            ));
        }
        if *insecure && *same_site == "None" {
            return Err(refusal(
                "cookie.sameSite none is not allowed with cookie.insecure; browsers drop such a cookie",
            ));
        }
        if *insecure && is_production {
            return Err(refusal("cookie.insecure is not allowed in production; serve over TLS"));
        }
        Ok(())
    }

    pub fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "domain": self.domain,
            "path": self.path,
            "sameSite": self.same_site,
            "persistent": self.persistent,
            "insecure": self.insecure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(options: Value, is_production: bool) -> Result<CookieOptions> {
        CookieOptions::from_json(Some(&options), is_production)
    }

    #[test]
    fn a_cookie_is_of_one_host_and_secure_unless_it_is_said_otherwise() {
        let cookie = CookieOptions::from_json(None, true).unwrap();
        assert_eq!((&*cookie.name, cookie.same_site, cookie.insecure), ("__Host-id", "Lax", false));
        assert_eq!(made(json!({ "insecure": true }), false).unwrap().name, "id");
        let own =
            made(json!({ "name": "__Secure-s", "domain": "a.example", "sameSite": "Strict" }), true).unwrap();
        assert_eq!((own.domain.as_deref(), own.same_site), (Some("a.example"), "Strict"));
    }

    #[test]
    fn what_browsers_or_attackers_would_make_of_it_is_refused() {
        for options in [
            json!({ "domain": "a.example" }),
            json!({ "path": "/app" }),
            json!({ "name": "__Host-x", "domain": "a.example" }),
            json!({ "name": "__Host-x", "insecure": true }),
            json!({ "name": "__Secure-x", "insecure": true }),
            json!({ "name": "a b" }),
            json!({ "name": "" }),
            json!({ "name": "id", "path": "app" }),
            json!({ "name": "id", "path": "/a;b" }),
            json!({ "name": "id", "domain": "a;b" }),
            json!({ "sameSite": "sometimes" }),
            json!({ "sameSite": "none", "insecure": true }),
            json!({ "persistent": 1 }),
            json!({ "nam": "x" }),
            json!([]),
        ] {
            let refused = made(options.clone(), false);
            assert!(refused.is_err(), "{options}");
        }
        assert!(made(json!({ "insecure": true }), true).unwrap_err().message().contains("production"));
    }
}
