//! TLS as a client that trusts one certificate: the pair that `init` wrote.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A client configuration whose only trust anchors are the certificates in `file`.
pub(crate) fn trusting(file: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .unwrap_or_else(|error| panic!("the service's certificate {}: {error}", file.display()));
    for certificate in certificates {
        roots
            .add(certificate.expect("PEM as init wrote it"))
            .expect("a certificate that can be a trust anchor");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The handshake happens with the first read or write.
pub(crate) fn wrap(config: &Arc<ClientConfig>, stream: TcpStream) -> TlsStream {
    let name = ServerName::try_from("localhost").expect("a valid name");
    let connection = ClientConnection::new(Arc::clone(config), name).expect("a usable configuration");
    StreamOwned::new(connection, stream)
}
