//! TLS material: PEM text, given as such or as the path of a file that is read at load.

use std::fmt;
use std::fs;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::defaults::MAX_PEM_BYTES;
use super::secret::{REDACTED, Secret};
use super::settings::{Name, SETTINGS};
use super::values::{Values, config_error};
use crate::error::{Error, Result};

/// The verification of servers, and the client's own certificate.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// The certificate authority as PEM text; `None` uses the system's.
    pub ca: Option<String>,
    pub identity: Option<TlsIdentity>,
    /// The name that the server's certificate must have; `None` uses the host's.
    pub server_name: Option<String>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
}

/// A client certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsIdentity {
    /// The certificate chain as PEM text.
    pub certificate: String,
    /// The private key as PEM text.
    pub key: Secret,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tls { ca, identity, server_name, insecure } = self;
        f.debug_struct("Tls")
            .field("ca", &ca.as_ref().map(|_| "(PEM text)"))
            .field("identity", identity)
            .field("server_name", server_name)
            .field("insecure", insecure)
            .finish()
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TlsIdentity { certificate: _, key } = self;
        f.debug_struct("TlsIdentity").field("certificate", &"(PEM text)").field("key", key).finish()
    }
}

impl Tls {
    pub(super) fn load(values: &Values, insecure: bool, ca_counts: bool) -> Result<Tls> {
        let ca = if ca_counts { read_pem(values, Name::TlsCa, holds_a_certificate)? } else { None };
        let certificate = read_pem(values, Name::TlsCert, holds_a_certificate)?;
        let key = read_pem(values, Name::TlsKey, holds_a_key)?;
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsIdentity { certificate, key: Secret::new(key) }),
            (None, None) => None,
            (Some(_), None) => return Err(half_an_identity(values, Name::TlsCert, Name::TlsKey)),
            (None, Some(_)) => return Err(half_an_identity(values, Name::TlsKey, Name::TlsCert)),
        };
        let server_name = values.text(Name::TlsServername)?.map(str::to_owned);
        Ok(Tls { ca, identity, server_name, insecure })
    }
}

fn half_an_identity(values: &Values, given: Name, lacking: Name) -> Error {
    config_error(format!(
        "{} is set without {}; a client certificate needs both",
        values.label(given),
        SETTINGS[lacking as usize].label(values.source(given))
    ))
    .about_certificate()
}

fn read_pem(values: &Values, name: Name, is_usable: fn(&str) -> bool) -> Result<Option<String>> {
    let Some(given) = values.text(name)? else { return Ok(None) };
    let pem = if given.contains("-----BEGIN") {
        // Environment files often hold a PEM on one line, with `\n` for line ends.
        if given.contains('\n') { given.to_owned() } else { given.replace("\\n", "\n") }
    } else {
        read_file(given).map_err(|reason| refuse(values, name, given, reason))?
    };
    if !is_usable(&pem) {
        let reason = if name == Name::TlsKey { "it holds no private key" } else { "it holds no certificate" };
        return Err(refuse(values, name, given, reason));
    }
    Ok(Some(pem))
}

fn refuse(values: &Values, name: Name, given: &str, reason: &str) -> Error {
    let setting = &SETTINGS[name as usize];
    // A value that is neither PEM nor a likely path may be a key in another encoding.
    let is_likely_path = given.contains(['/', '\\', '.']) && !given.contains(['\n', '=']);
    let shown = if is_likely_path { setting.show_refused(given) } else { REDACTED.to_owned() };
    setting.refuse(&format!("{shown} ({reason})"), values.source(name))
}

fn read_file(path: &str) -> std::result::Result<String, &'static str> {
    let metadata = fs::metadata(path).map_err(|error| describe_failure(&error))?;
    if !metadata.is_file() {
        return Err("it is not a file");
    }
    if metadata.len() > MAX_PEM_BYTES as u64 {
        return Err("it is too large");
    }
    fs::read_to_string(path).map_err(|error| describe_failure(&error))
}

fn describe_failure(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "it may not be read",
        std::io::ErrorKind::InvalidData => "it is not text",
        _ => "it cannot be read",
    }
}

fn holds_a_certificate(pem: &str) -> bool {
    let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).peekable();
    certificates.peek().is_some() && certificates.all(|certificate| certificate.is_ok())
}

fn holds_a_key(pem: &str) -> bool {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).is_ok()
}
