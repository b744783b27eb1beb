//! TLS as the configuration asks for it: verification on, the system's roots or an own authority.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::config::Tls;
use crate::error::{Error, ErrorCode, Result};

/// Opens the client side of a TLS session with `host`. Nothing is sent yet.
pub fn client(settings: &Tls, host: &str) -> Result<ClientConnection> {
    let name = settings.server_name.as_deref().unwrap_or(host);
    let server_name = ServerName::try_from(name.to_owned())
        .map_err(|_| refuse(format!("\"{name}\" is not a host name that a certificate can carry")))?;
    ClientConnection::new(Arc::new(client_config(settings)?), server_name)
        .map_err(|error| refuse(format!("TLS could not start: {error}")))
}

fn client_config(settings: &Tls) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(format!("TLS could not start: {error}")))?;
    let builder = if settings.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_root_certificates(roots(settings)?)
    };
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

fn roots(settings: &Tls) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    if let Some(authority) = &settings.ca {
        for certificate in certificates(authority.as_bytes(), "REDIS_TLS_CA")? {
            store.add(certificate).map_err(|error| {
                refuse(format!("REDIS_TLS_CA holds a certificate that is refused: {error}"))
            })?;
        }
    } else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if store.is_empty() {
        return Err(refuse("this system has no root certificates; name an authority in REDIS_TLS_CA"));
    }
    Ok(store)
}

fn certificates(pem: &[u8], variable: &str) -> Result<Vec<CertificateDer<'static>>> {
    let parsed: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(|item| item.ok()).collect();
    if parsed.is_empty() {
        return Err(refuse(format!("{variable} holds no certificate in PEM form")));
    }
    Ok(parsed)
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Config, message)
}

/// Accepts every certificate: what `REDIS_TLS_INSECURE=true` asks for, and the log warns of.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
