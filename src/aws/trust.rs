//! Certificates that are trusted besides the system's: `AWS_CA_BUNDLE`, or a profile's `ca_bundle`.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::mistake::Mistake;

/// A bundle that has been read.
#[derive(Debug, Clone)]
pub struct Bundle {
    path: PathBuf,
    from: String,
    certificates: Vec<CertificateDer<'static>>,
}

impl Bundle {
    /// Reads the file that `from`, a variable or a profile, names.
    ///
    /// # Errors
    /// When it cannot be read, or holds no certificate.
    pub fn read(path: &Path, from: &str) -> Result<Self, Mistake> {
        let shown = path.display();
        let text = std::fs::read(path).map_err(|error| {
            let fix = "name a file with the certificates of those who are trusted, in PEM";
            Mistake::new(format!("{from}: `{shown}` cannot be read: {error}"), fix)
        })?;
        let found: Vec<_> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
        // One by one: a bundle of a system may hold one that is of no use, and the SDK takes all or panics.
        let is_usable = |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
        let certificates: Vec<_> = found.into_iter().filter(is_usable).collect();
        if certificates.is_empty() {
            return Err(Mistake::new(
                format!("{from}: `{shown}` holds no certificate in PEM"),
                "name the proxy's or the authority's certificate, with -----BEGIN CERTIFICATE----- in it; from DER: \
                 openssl x509 -inform der -in FILE",
            ));
        }
        Ok(Self { path: path.to_owned(), from: from.to_owned(), certificates })
    }

    /// For people.
    pub fn describe(&self) -> String {
        let count = self.certificates.len();
        format!("{} ({}), {count} certificate{}", self.path.display(), self.from, if count == 1 { "" } else { "s" })
    }
}

/// Whom TLS trusts: the system's certificates and the bundle's.
///
/// # Errors
/// When the TLS library takes none of it.
pub(super) fn context(bundle: Option<&Bundle>) -> Result<TlsContext, Mistake> {
    let mut trusted = TrustStore::default();
    for certificate in bundle.iter().flat_map(|bundle| &bundle.certificates) {
        trusted.add_pem_certificate(pem(certificate));
    }
    TlsContext::builder().with_trust_store(trusted).build().map_err(|error| {
        Mistake::new(format!("TLS cannot be used: {error}"), "check the certificates of this machine and AWS_CA_BUNDLE")
    })
}

/// The SDK takes certificates as PEM alone.
fn pem(certificate: &CertificateDer<'_>) -> Vec<u8> {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(certificate.as_ref());
    let lines: Vec<&[u8]> = body.as_bytes().chunks(64).collect();
    let mut text = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(b"-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for this test with `openssl req -x509 -newkey ec`, good for a hundred years; its key was thrown away.
    const CERTIFICATE: &str = include_str!("trust_test.pem");

    fn read(text: &str) -> Result<Bundle, Mistake> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Bundle::read(file.path(), "AWS_CA_BUNDLE")
    }

    #[test]
    fn certificates_are_taken_and_what_is_beside_them_is_not_looked_at() {
        let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let bundle = read(&format!("# corporate\n{odd}{CERTIFICATE}{CERTIFICATE}")).unwrap();
        assert!(bundle.describe().ends_with(" (AWS_CA_BUNDLE), 2 certificates"), "{}", bundle.describe());
        assert!(context(Some(&bundle)).is_ok());
        let again = String::from_utf8(pem(&bundle.certificates[0])).unwrap();
        assert_eq!(again.trim(), CERTIFICATE.trim());
    }

    #[test]
    fn a_file_without_any_is_told_with_who_names_it() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(read(text).unwrap_err().told.ends_with("holds no certificate in PEM"), "{text}");
        }
        let gone = Bundle::read(Path::new("/no/such/file"), "AWS_CA_BUNDLE").unwrap_err();
        assert!(gone.told.starts_with("AWS_CA_BUNDLE: `/no/such/file` cannot be read: "), "{gone}");
    }
}
