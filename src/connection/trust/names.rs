//! Whether a certificate is for a server's name, by Node's rules.

use rustls::pki_types::{IpAddr, ServerName};
use x509_cert::TbsCertificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Checks the alternative names. The subject's name counts only if they name no host, and never for an
/// address.
pub(super) fn is_for(certificate: &TbsCertificate, server: &ServerName<'_>) -> bool {
    let Ok(found) = certificate.get_extension::<SubjectAltName>() else { return false };
    let names = found.map(|(_, names)| names.0).unwrap_or_default();
    match server {
        ServerName::IpAddress(address) => {
            let octets = octets_of(address);
            names.iter().any(|name| matches!(name, GeneralName::IpAddress(ip) if ip.as_bytes() == octets))
        }
        ServerName::DnsName(host) => {
            let hosts: Vec<&str> = names.iter().filter_map(host_of).collect();
            if hosts.is_empty() {
                common_names(certificate).iter().any(|pattern| matches_host(pattern, host.as_ref()))
            } else {
                hosts.iter().any(|pattern| matches_host(pattern, host.as_ref()))
            }
        }
        _ => false,
    }
}

fn octets_of(address: &IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.as_ref().to_vec(),
        IpAddr::V6(address) => address.as_ref().to_vec(),
    }
}

fn host_of(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::DnsName(host) => Some(host.as_str()),
        _ => None,
    }
}

fn common_names(certificate: &TbsCertificate) -> Vec<String> {
    let attributes = certificate.subject().iter().filter(|attribute| attribute.oid == COMMON_NAME);
    attributes
        .filter_map(|attribute| attribute.value.decode_as::<DirectoryString>().ok())
        .map(|name| name.value().into_owned())
        .collect()
}

/// Matches a host name. `*.example.com` stands for one label in front of a domain of at least two labels.
fn matches_host(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    match pattern.strip_prefix("*.") {
        None => !pattern.contains('*') && pattern.eq_ignore_ascii_case(host),
        Some(domain) => host.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && domain.contains('.') && domain.eq_ignore_ascii_case(rest)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches_host;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (pattern, host) in [("a.test", "A.test."), ("*.b.test", "a.b.test")] {
            assert!(matches_host(pattern, host), "{pattern} {host}");
        }
        for (pattern, host) in [
            ("*.test", "a.test"),
            ("*.b.test", "c.a.b.test"),
            ("*.b.test", "b.test"),
            ("*", "a"),
            ("a*.b.c", "aa.b.c"),
        ] {
            assert!(!matches_host(pattern, host), "{pattern} {host}");
        }
    }
}
