//! Which server certificates are trusted: those that Node trusts, as far as rustls allows.
//!
//! webpki decides first. Some certificates are refused by webpki on principle and accepted by OpenSSL. They
//! are checked again if the user named the authority: a self-signed certificate given as the authority, a
//! name that is only in the subject, X.509 version 1. P-521 keys are verified beside those that ring knows.

mod chain;
mod names;
mod p521;

use std::sync::{Arc, LazyLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// The signature algorithms for certificates and for the handshake. Made once per process.
static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> = LazyLock::new(|| {
    let known = ring::default_provider().signature_verification_algorithms;
    let all = [known.all, p521::ALL].concat();
    let mapping = [known.mapping, &[(SignatureScheme::ECDSA_NISTP521_SHA512, p521::SHA512)][..]].concat();
    WebPkiSupportedAlgorithms { all: all.leak(), mapping: mapping.leak() }
});

pub fn provider() -> CryptoProvider {
    CryptoProvider { signature_verification_algorithms: *ALGORITHMS, ..ring::default_provider() }
}

/// Verifies against `roots`. `authorities` are the roots that the user named.
pub fn verifier(
    roots: RootCertStore,
    authorities: Vec<CertificateDer<'static>>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider()))
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(Verifier { webpki, authorities }))
}

/// Accepts every certificate, for `REDIS_TLS_INSECURE=true`; the log warns about it.
pub fn any_certificate() -> Arc<dyn ServerCertVerifier> {
    Arc::new(AnyCertificate)
}

#[derive(Debug)]
struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let refusal = match self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) {
            Ok(verified) => return Ok(verified),
            Err(refusal) => refusal,
        };
        let presented = chain::Presented { end_entity, intermediates, server_name, now };
        match chain::verify(&presented, &self.authorities, &ALGORITHMS) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // webpki cannot judge such a certificate, so the fault found here is the one to report.
            Err(fault) if is_beyond_webpki(&refusal) => Err(fault.into()),
            Err(_) => Err(refusal),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}

fn is_beyond_webpki(refusal: &Error) -> bool {
    matches!(refusal, Error::InvalidCertificate(CertificateError::Other(_) | CertificateError::BadEncoding))
}

#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}

/// rustls reads no certificate of version 1, and so finds no key in it.
fn tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    verify_tls12_signature(message, certificate, signature, &ALGORITHMS).or_else(|refusal| {
        let Some(key) = chain::Key::of(certificate) else { return Err(refusal) };
        let scheme = ALGORITHMS.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
        let candidates = scheme.map_or(&[][..], |(_, candidates)| *candidates);
        let is_valid =
            candidates.iter().any(|algorithm| key.signed(*algorithm, message, signature.signature()));
        if is_valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(refusal) }
    })
}

fn tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    verify_tls13_signature(message, certificate, signature, &ALGORITHMS).or_else(|refusal| {
        let Some(key) = chain::Key::of(certificate) else { return Err(refusal) };
        verify_tls13_signature_with_raw_key(message, &key.info(), signature, &ALGORITHMS)
    })
}
