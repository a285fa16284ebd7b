//! STARTTLS, and IDLE over it.

use std::sync::Arc;

use imap_lite::Limits;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::support::{Client, PASSWORD, Service, letter};

fn connector(service: &Service) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(service.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config).into()
}

#[tokio::test]
async fn the_whole_way_over_starttls() {
    let service = Service::with(Limits::default(), false).await;
    let mut client = service.connect().await;
    client.ok("STARTTLS").await;
    let name = "imap.skola.test".try_into().unwrap();
    let stream = connector(&service).connect(name, client.into_stream()).await.unwrap();
    let mut client = Client::new(stream);
    let reply = client.ok("CAPABILITY").await;
    assert!(!reply.untagged[0].contains("STARTTLS") && reply.untagged[0].contains("AUTH=PLAIN"));
    client.ok(&format!("LOGIN ada.oqvist@skola.test {PASSWORD}")).await;
    client.ok("SELECT INBOX").await;
    // Several commands in one record: what the socket no longer shows is still answered.
    let mut commands = String::from("i IDLE\r\nDONE\r\n");
    for number in 0..2000 {
        commands.push_str(&format!("t{number} NOOP\r\n"));
    }
    client.send(&commands).await;
    assert_eq!(client.line().await, "+ idling");
    client.reply("i").await.ends("OK");
    for number in 0..2000 {
        client.reply(&format!("t{number}")).await.ends("OK");
    }
    client.send("i IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    service.file(&[&letter("one")]).await;
    assert_eq!(client.line().await, "* 1 EXISTS");
    assert_eq!(client.line().await, "* 1 RECENT");
    client.send("DONE\r\n").await;
    client.reply("i").await.ends("OK");
    let large = letter(&"x".repeat(300_000)).replace('\n', "\r\n");
    client.append("INBOX", &large).await.ends("OK [APPENDUID");
    let reply = client.ok("FETCH 2 BODY.PEEK[]").await;
    assert!(reply.untagged[0].contains(&large));
    client.ok("LOGOUT").await;
    assert_eq!(client.line().await, "");
}
