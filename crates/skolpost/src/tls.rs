//! Certificates: any number of pairs in `tls/`, chosen by the name that the client asks for, read again when they change.
//!
//! A pair is `NAME.crt` (or `NAME.pem`) with the chain and `NAME.key` with the key. RFC 6066 §3 (server name); a client
//! that names none, or one that we do not hold, gets the pair of our
//! own hostname, else the first by file name.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use model::{Language, Text};
use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tracing::{error, warn};

use crate::failure::Failure;

/// The pairs of one folder.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
    hostname: String,
    pairs: RwLock<Pairs>,
}

#[derive(Debug, Default)]
struct Pairs {
    by_name: HashMap<String, Arc<CertifiedKey>>,
    first: Option<Arc<CertifiedKey>>,
    stamp: Vec<(PathBuf, Option<SystemTime>)>,
}

impl Certificates {
    /// Reads the folder.
    ///
    /// # Errors
    /// [`Failure`] that names the file and the remedy.
    pub(crate) fn open(folder: &Path, hostname: &str) -> Result<Arc<Self>, Failure> {
        let pairs = RwLock::new(read_pairs(folder, hostname)?);
        Ok(Arc::new(Self { folder: folder.to_owned(), hostname: hostname.to_owned(), pairs }))
    }

    /// Reads the folder again if a file changed; what was there stays in use when the new files do not read.
    ///
    /// # Errors
    /// As [`Certificates::open`].
    pub(crate) fn reload(&self) -> Result<bool, Failure> {
        if stamp(&self.folder)? == self.pairs.read().stamp {
            return Ok(false);
        }
        let fresh = read_pairs(&self.folder, &self.hostname)?;
        *self.pairs.write() = fresh;
        Ok(true)
    }

    /// What the listeners use: TLS 1.2 and 1.3, keys as above, tickets without server memory.
    ///
    /// # Errors
    /// [`Failure`] when the cryptographic library cannot start.
    pub(crate) fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Failure> {
        let wrong = |error: rustls::Error| Failure::internal("TLS", &error);
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(wrong)?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(wrong)?;
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pairs = self.pairs.read();
        let named = hello.server_name().and_then(|name| pairs.find(name));
        named.or_else(|| pairs.first.clone())
    }
}

impl Pairs {
    fn find(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        // Some look-ups by Microsoft send the name with its final dot.
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let wildcard = || name.split_once('.').and_then(|(_, rest)| self.by_name.get(&format!("*.{rest}")));
        self.by_name.get(&name).or_else(wildcard).cloned()
    }
}

fn stamp(folder: &Path) -> Result<Vec<(PathBuf, Option<SystemTime>)>, Failure> {
    let unreadable = |error| Failure::file(folder, &error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let changed = fs::metadata(&path).and_then(|about| about.modified()).ok();
        files.push((path, changed));
    }
    files.sort();
    Ok(files)
}

/// One bad pair is named and passed over: it must not keep the others from being renewed, nor the service from starting.
fn read_pairs(folder: &Path, hostname: &str) -> Result<Pairs, Failure> {
    let mut pairs = Pairs { stamp: stamp(folder)?, ..Pairs::default() };
    let files: Vec<_> = pairs.stamp.iter().map(|(path, _)| path.clone()).collect();
    for chain in files.iter().filter(|path| path.extension().is_some_and(|end| end == "crt" || end == "pem"))
    {
        let key = chain.with_extension("key");
        if !key.exists() {
            // The authority that `init` made lies beside its pair.
            if !chain.to_string_lossy().ends_with("-ca.crt") {
                warn!(file = %chain.display(), "no key of the same name beside it: not used");
            }
            continue;
        }
        let (pair, names) = match read_pair(chain, &key) {
            Ok(read) => read,
            Err(failure) => {
                error!("{}", failure.say(Language::En));
                continue;
            }
        };
        if fs::metadata(&key).is_ok_and(|about| about.permissions().mode() & 0o077 != 0) {
            warn!(file = %key.display(), "others can read this key: chmod 600");
        }
        let pair = Arc::new(pair);
        pairs.first.get_or_insert_with(|| pair.clone());
        for name in names {
            pairs.by_name.entry(name).or_insert_with(|| pair.clone());
        }
    }
    if let Some(own) = pairs.find(hostname) {
        pairs.first = Some(own);
    }
    if pairs.first.is_none() {
        let folder = folder.display();
        return Err(Failure::new(Text::new(
            format!("Inget användbart certifikat i {folder}: lägg NAMN.crt (hela kedjan) och NAMN.key där."),
            format!("No usable certificate in {folder}: put NAME.crt (the whole chain) and NAME.key there."),
        )));
    }
    Ok(pairs)
}

fn read_pair(chain: &Path, key: &Path) -> Result<(CertifiedKey, Vec<String>), Failure> {
    let bad = |file: &Path, why: &dyn std::fmt::Display| {
        let file = file.display();
        Failure::new(Text::new(
            format!("{file} går inte att använda som certifikat eller nyckel (PEM): {why}"),
            format!("{file} cannot be used as a certificate or key (PEM): {why}"),
        ))
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(chain, &error))?;
    let leaf = certificates.first().ok_or_else(|| bad(chain, &"no certificate in it"))?;
    let parsed = webpki::EndEntityCert::try_from(leaf).map_err(|error| bad(chain, &error))?;
    let names = parsed.valid_dns_names().map(str::to_ascii_lowercase).collect();
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
    let signer = aws_lc_rs::sign::any_supported_type(&private).map_err(|error| bad(key, &error))?;
    let pair = CertifiedKey::new(certificates, signer);
    pair.keys_match().map_err(|error| bad(key, &error))?;
    Ok((pair, names))
}

/// Writes a pair `skolpost.crt` and `skolpost.key` for `names`, and the authority that signed it as `skolpost-ca.crt`, which
/// mail programs can be told to trust. The authority's key is thrown away: it never signs anything else.
///
/// # Errors
/// [`Failure`] when the files cannot be written.
pub(crate) fn write_self_signed(folder: &Path, names: &[String]) -> Result<(), Failure> {
    let wrong = |error: rcgen::Error| Failure::internal("certificate", &error);
    let mut authority = rcgen::CertificateParams::new(Vec::new()).map_err(wrong)?;
    authority.distinguished_name.push(rcgen::DnType::CommonName, format!("Skolpost {}", names[0]));
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let authority_key = rcgen::KeyPair::generate().map_err(wrong)?;
    let signed = authority.self_signed(&authority_key).map_err(wrong)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);

    let mut params = rcgen::CertificateParams::new(names.to_vec()).map_err(wrong)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, names[0].clone());
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // Some mail programs take nothing that is valid for longer than 825 days.
    let today = time::OffsetDateTime::now_utc();
    params.not_before = today - time::Duration::days(1);
    params.not_after = today + time::Duration::days(820);
    let key = rcgen::KeyPair::generate().map_err(wrong)?;
    let certificate = params.signed_by(&key, &issuer).map_err(wrong)?;
    crate::files::write_private(&folder.join("skolpost.key"), key.serialize_pem().as_bytes())?;
    for (name, content) in [
        ("skolpost.crt", format!("{}{}", certificate.pem(), signed.pem())),
        ("skolpost-ca.crt", signed.pem()),
    ] {
        let file = folder.join(name);
        fs::write(&file, content).map_err(|error| Failure::file(&file, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_by_name_wildcard_and_final_dot_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Certificates::open(folder.path(), "mail.skola.test").is_err(),
            "an empty folder serves nobody"
        );
        write_self_signed(folder.path(), &["mail.skola.test".into(), "*.edu.test".into()]).unwrap();
        let certificates = Certificates::open(folder.path(), "mail.skola.test").unwrap();
        {
            let pairs = certificates.pairs.read();
            for name in ["mail.skola.test", "MAIL.skola.test.", "x.edu.test"] {
                assert!(pairs.find(name).is_some(), "{name}");
            }
            assert!(pairs.find("y.x.edu.test").is_none() && pairs.first.is_some());
        }
        assert!(!certificates.reload().unwrap());
        fs::write(folder.path().join("other.crt"), "not a certificate").unwrap();
        fs::write(folder.path().join("other.key"), "not a key").unwrap();
        assert!(certificates.reload().unwrap());
        assert!(
            certificates.pairs.read().find("mail.skola.test").is_some(),
            "one bad pair does not harm the others"
        );
        fs::remove_file(folder.path().join("skolpost.key")).unwrap();
        assert!(certificates.reload().is_err());
        assert!(certificates.pairs.read().find("mail.skola.test").is_some(), "the old pair stays in use");
    }
}
