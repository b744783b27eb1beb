//! TLS as configured: verification is on, with the system's and Node's roots or with an authority of the
//! user.

use std::io;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection, RootCertStore};

use super::trust;
use crate::config::Tls;
use crate::error::{Error, ErrorCode, Result};

/// Advice for a connection where one side speaks TLS and the other plain text.
pub const IS_PLAIN: &str = "use redis:// and no REDIS_TLS, or the port that speaks TLS";
pub const IS_TLS: &str = "set REDIS_TLS=true or use rediss://, or the port that speaks plain text";

/// The authorities of Node's variable `NODE_EXTRA_CA_CERTS`. Node reads it once, too.
static EXTRA_AUTHORITIES: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let path = std::env::var_os("NODE_EXTRA_CA_CERTS").filter(|path| !path.is_empty());
    let pem = path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    CertificateDer::pem_slice_iter(&pem).filter_map(std::result::Result::ok).collect()
});

/// Opens the client side of a TLS session with `host`. Sends nothing yet.
pub fn client(settings: &Tls, host: &str) -> Result<ClientConnection> {
    let name = settings.server_name.as_deref().unwrap_or(host);
    let server_name = ServerName::try_from(name.to_owned())
        .map_err(|_| refuse(format!("\"{name}\" is not a host name that a certificate can carry")))?;
    ClientConnection::new(Arc::new(client_config(settings)?), server_name)
        .map_err(|error| refuse(format!("TLS could not start: {error}")))
}

fn client_config(settings: &Tls) -> Result<ClientConfig> {
    let verifier = if settings.insecure { trust::any_certificate() } else { verifier(settings)? };
    let builder = ClientConfig::builder_with_provider(Arc::new(trust::provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(format!("TLS could not start: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some(identity) = &settings.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(identity.certificate.as_bytes(), "REDIS_TLS_CERT")?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes())
        .map_err(|_| refuse("REDIS_TLS_KEY holds no private key in PEM form"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| refuse(format!("REDIS_TLS_CERT and REDIS_TLS_KEY do not fit together: {error}")))
}

fn verifier(settings: &Tls) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>> {
    let mut roots = RootCertStore::empty();
    let named = if let Some(authority) = &settings.ca {
        certificates(authority.as_bytes(), "REDIS_TLS_CA")?
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        // Node brings these roots too. Small images have none of their own.
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        EXTRA_AUTHORITIES.clone()
    };
    roots.add_parsable_certificates(named.iter().cloned());
    trust::verifier(roots, named).map_err(|reason| {
        refuse(format!("REDIS_TLS_CA holds no certificate that can be an authority: {reason}"))
    })
}

fn certificates(pem: &[u8], variable: &str) -> Result<Vec<CertificateDer<'static>>> {
    let parsed: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(std::result::Result::ok).collect();
    if parsed.is_empty() {
        return Err(refuse(format!("{variable} holds no certificate in PEM form")));
    }
    Ok(parsed)
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Config, message)
}

/// The cause of a failed TLS session and its remedy; `None` when TLS was not the cause.
pub fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(fault) => {
            format!("the certificate of the server {}", explain_certificate(fault))
        }
        rustls::Error::InvalidMessage(_) => {
            format!("the server answered TLS with something else, as a port of plain text does: {IS_PLAIN}")
        }
        rustls::Error::AlertReceived(alert) => explain_alert(*alert),
        rustls::Error::PeerIncompatible(_) => {
            "the server and this process have no version or cipher of TLS in common; see tls-protocols and tls-ciphers in redis.conf"
                .to_owned()
        }
        other => format!("TLS failed: {other}"),
    })
}

fn explain_certificate(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => {
            "is signed by an authority that is not trusted (unknown issuer); set REDIS_TLS_CA to the certificate of that authority".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired; renew it, or correct the clock of this machine".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; correct the clock of this machine, or of the one that made it".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "is for the name {} and not for {}; connect by a name that is in it, or set REDIS_TLS_SERVERNAME to one",
            if presented.is_empty() { "that its subject has".to_owned() } else { presented.join(", ") },
            expected.to_str()
        ),
        CertificateError::NotValidForName => {
            "is not for the name of the server; connect by a name that is in it, or set REDIS_TLS_SERVERNAME to one".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "may not be used by servers; have it issued with the extended key usage serverAuth".to_owned()
        }
        CertificateError::UnhandledCriticalExtension => {
            "has a critical extension that is not known here; have it issued without".to_owned()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed in a way that is not taken; use RSA of 2048 bits or more with SHA-256, ECDSA over P-256, P-384 or P-521, or Ed25519".to_owned()
        }
        CertificateError::BadSignature => {
            "has a signature that is not its authority's; set REDIS_TLS_CA to the certificate of the authority that signed it".to_owned()
        }
        CertificateError::BadEncoding => {
            "cannot be read; have it issued anew as X.509 version 3 (openssl req -x509 -addext subjectAltName=DNS:name)".to_owned()
        }
        CertificateError::Revoked => "was revoked by its authority; have it issued anew".to_owned(),
        other => format!(
            "is refused ({other}); have it issued anew as X.509 version 3 with the server's name as subjectAltName"
        ),
    }
}

fn explain_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            "a client certificate is required by the server; set REDIS_TLS_CERT and REDIS_TLS_KEY".to_owned()
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => {
            "the client certificate is not trusted by the server; REDIS_TLS_CERT must be signed by the authority of its tls-ca-cert-file".to_owned()
        }
        AlertDescription::CertificateExpired => {
            "the client certificate has expired; renew what REDIS_TLS_CERT names".to_owned()
        }
        AlertDescription::HandshakeFailure => {
            "the server refused the TLS handshake: it takes no cipher of this process, or a client certificate is required (REDIS_TLS_CERT and REDIS_TLS_KEY)".to_owned()
        }
        AlertDescription::ProtocolVersion => {
            "the server takes no version of TLS that this process speaks (1.2 and 1.3); see tls-protocols in redis.conf".to_owned()
        }
        other => format!("the server ended the TLS session: {other:?}"),
    }
}
