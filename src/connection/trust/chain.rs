//! Builds a chain from a server's certificate to an authority that the user named. OpenSSL's rules count
//! where webpki's are stricter.
//!
//! Name, dates, allowed use and every signature are checked. Critical extensions that are not named here are
//! refused, and so is every name constraint.

use rustls::CertificateError;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{Certificate, TbsCertificate};

use super::names;

/// The most intermediate certificates between the server's and the authority's.
const MAX_INTERMEDIATES: usize = 4;

const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
/// The extensions that are understood: key usage, alternative names, basic constraints, extended key usage.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
];
const FOR_SERVERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const FOR_ANYTHING: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// The certificates that a server presented, and the name that they should be for.
pub(super) struct Presented<'a> {
    pub end_entity: &'a CertificateDer<'a>,
    pub intermediates: &'a [CertificateDer<'a>],
    pub server_name: &'a ServerName<'a>,
    pub now: UnixTime,
}

type Checked = Result<(), CertificateError>;

pub(super) fn verify(
    presented: &Presented<'_>,
    authorities: &[CertificateDer<'static>],
    algorithms: &WebPkiSupportedAlgorithms,
) -> Checked {
    let read = |der: &CertificateDer<'_>| Certificate::from_der(der).ok();
    let certificate = read(presented.end_entity).ok_or(CertificateError::BadEncoding)?;
    if !names::is_for(certificate.tbs_certificate(), presented.server_name) {
        return Err(CertificateError::NotValidForName);
    }
    is_in_time(&certificate, presented.now)?;
    may_serve(certificate.tbs_certificate())?;
    let path = Path {
        intermediates: presented.intermediates.iter().take(MAX_INTERMEDIATES).filter_map(read).collect(),
        authorities: authorities.iter().filter_map(read).collect(),
        now: presented.now,
        algorithms,
    };
    let is_authority = authorities.iter().any(|authority| authority == presented.end_entity);
    if is_authority && path.has_signed(&certificate, &certificate) {
        return Ok(());
    }
    path.leads_from(&certificate, 0)
}

struct Path<'a> {
    intermediates: Vec<Certificate>,
    authorities: Vec<Certificate>,
    now: UnixTime,
    algorithms: &'a WebPkiSupportedAlgorithms,
}

impl Path<'_> {
    /// `below` counts the authorities' certificates under the next one.
    fn leads_from(&self, certificate: &Certificate, below: usize) -> Checked {
        for authority in &self.authorities {
            let may_sign = may_sign(authority.tbs_certificate(), below, Standing::Named);
            if may_sign && self.has_signed(authority, certificate) {
                return is_in_time(authority, self.now);
            }
        }
        if below == MAX_INTERMEDIATES {
            return Err(CertificateError::UnknownIssuer);
        }
        for intermediate in &self.intermediates {
            let may_sign = may_sign(intermediate.tbs_certificate(), below, Standing::Shown);
            if may_sign
                && is_in_time(intermediate, self.now).is_ok()
                && self.has_signed(intermediate, certificate)
                && self.leads_from(intermediate, below + 1).is_ok()
            {
                return Ok(());
            }
        }
        Err(CertificateError::UnknownIssuer)
    }

    fn has_signed(&self, issuer: &Certificate, certificate: &Certificate) -> bool {
        let tbs = certificate.tbs_certificate();
        let stated = certificate.signature_algorithm();
        if tbs.issuer() != issuer.tbs_certificate().subject() || tbs.signature() != stated {
            return false;
        }
        let key = Key::new(issuer.tbs_certificate().subject_public_key_info());
        let (Some(key), Some(id), Ok(message), Some(signature)) =
            (key, identifier(stated), tbs.to_der(), certificate.signature().as_bytes())
        else {
            return false;
        };
        self.algorithms
            .all
            .iter()
            .filter(|algorithm| algorithm.signature_alg_id().as_ref() == id)
            .any(|algorithm| key.signed(*algorithm, &message, signature))
    }
}

fn is_in_time(certificate: &Certificate, now: UnixTime) -> Checked {
    let validity = certificate.tbs_certificate().validity();
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet);
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired);
    }
    Ok(())
}

fn may_serve(certificate: &TbsCertificate) -> Checked {
    has_only_understood(certificate)?;
    let usage = certificate.get_extension::<ExtendedKeyUsage>().map_err(|_| CertificateError::BadEncoding)?;
    let is_for_servers =
        usage.is_none_or(|(_, usage)| usage.0.contains(&FOR_SERVERS) || usage.0.contains(&FOR_ANYTHING));
    let usage = certificate.get_extension::<KeyUsage>().map_err(|_| CertificateError::BadEncoding)?;
    let is_for_sessions = usage.is_none_or(|(_, usage)| {
        usage.digital_signature() || usage.key_encipherment() || usage.key_agreement()
    });
    if is_for_servers && is_for_sessions { Ok(()) } else { Err(CertificateError::InvalidPurpose) }
}

fn has_only_understood(certificate: &TbsCertificate) -> Checked {
    let extensions = certificate.extensions().map(Vec::as_slice).unwrap_or_default();
    let is_refused = extensions.iter().any(|extension| {
        extension.extn_id == NAME_CONSTRAINTS
            || extension.critical && !UNDERSTOOD.contains(&extension.extn_id)
    });
    if is_refused { Err(CertificateError::UnhandledCriticalExtension) } else { Ok(()) }
}

/// The source of an authority's certificate.
#[derive(PartialEq, Eq)]
enum Standing {
    /// The user named it. A certificate of version 1 does not say what it may be used for.
    Named,
    /// The server presented it.
    Shown,
}

fn may_sign(certificate: &TbsCertificate, below: usize, standing: Standing) -> bool {
    let (Ok(constraints), Ok(usage)) =
        (certificate.get_extension::<BasicConstraints>(), certificate.get_extension::<KeyUsage>())
    else {
        return false;
    };
    let is_authority = match constraints {
        Some((_, constraints)) => {
            constraints.ca
                && constraints.path_len_constraint.is_none_or(|longest| below <= usize::from(longest))
        }
        None => standing == Standing::Named,
    };
    is_authority
        && usage.is_none_or(|(_, usage)| usage.key_cert_sign())
        && has_only_understood(certificate).is_ok()
}

/// The public key of a certificate.
pub(super) struct Key {
    info: Vec<u8>,
    algorithm: Vec<u8>,
    bits: Vec<u8>,
}

impl Key {
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Key> {
        let certificate = Certificate::from_der(certificate).ok()?;
        Key::new(certificate.tbs_certificate().subject_public_key_info())
    }

    fn new(info: &SubjectPublicKeyInfoOwned) -> Option<Key> {
        Some(Key {
            info: info.to_der().ok()?,
            algorithm: identifier(&info.algorithm)?,
            bits: info.subject_public_key.as_bytes()?.to_vec(),
        })
    }

    pub(super) fn info(&self) -> SubjectPublicKeyInfoDer<'_> {
        SubjectPublicKeyInfoDer::from(self.info.as_slice())
    }

    pub(super) fn signed(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        algorithm.public_key_alg_id().as_ref() == self.algorithm
            && algorithm.verify_signature(&self.bits, message, signature).is_ok()
    }
}

/// An algorithm in the form that rustls uses: its parts without the surrounding sequence.
fn identifier(algorithm: &AlgorithmIdentifierOwned) -> Option<Vec<u8>> {
    let mut parts = algorithm.oid.to_der().ok()?;
    if let Some(parameters) = &algorithm.parameters {
        parts.extend(parameters.to_der().ok()?);
    }
    Some(parts)
}
