//! IMAP4rev2, for clients that ask for it, beside IMAP4rev1 for all others.
//!
//! RFC 9051, appendix A and E. Other servers that announced both showed empty mailboxes to telephones, since answers of the
//! new kind reached clients that had not asked.

use crate::support::{Client, Service, letter};
use tokio::net::TcpStream;

async fn enabled(service: &Service) -> Client<TcpStream> {
    let mut client = service.ada().await;
    client.ok("ENABLE IMAP4rev2").await.is(&["* ENABLED IMAP4rev2"]);
    client
}

/// Without what differs from run to run.
fn shape(lines: &[String]) -> Vec<String> {
    let changing = ["UIDVALIDITY ", "HIGHESTMODSEQ ", "MAILBOXID "];
    let fixed = |line: &String| match changing.iter().find_map(|word| line.split_once(word)) {
        Some((start, _)) => format!("{start}…"),
        None => line.clone(),
    };
    lines.iter().map(fixed).collect()
}

#[tokio::test]
async fn select_and_examine_as_each_kind_of_client_hears_them() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two")]).await;
    let old = [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        "* 2 EXISTS",
        "* 2 RECENT",
        "* OK [UNSEEN 1] First unseen",
        "* OK […",
        "* OK [UIDNEXT 3] Predicted next UID",
        "* OK […",
        "* OK […",
    ];
    let mut client = service.ada().await;
    // As K-9 does: EXAMINE, then UID SEARCH.
    let examined = client.ok("EXAMINE INBOX").await;
    let lines = shape(&examined.untagged);
    assert_eq!(lines[..old.len()], old);
    assert_eq!(lines[old.len()..], ["* OK [PERMANENTFLAGS ()] Nothing can be changed here"]);
    examined.ends("OK [READ-ONLY]");
    client.ok("UID SEARCH 1:* NOT DELETED").await.is(&["* SEARCH 1 2"]);
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
    let selected = client.ok("SELECT INBOX").await;
    assert_eq!(shape(&selected.untagged)[..old.len()], old);
    selected.ends("OK [READ-WRITE]");

    let new = [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        "* 2 EXISTS",
        "* LIST () \"/\" INBOX",
        "* OK […",
        "* OK [UIDNEXT 3] Predicted next UID",
        "* OK […",
        "* OK […",
    ];
    let mut client = enabled(&service).await;
    let examined = client.ok("EXAMINE INBOX").await;
    assert_eq!(shape(&examined.untagged)[..new.len()], new);
    examined.ends("OK [READ-ONLY]");
    let selected = client.ok("SELECT INBOX").await;
    assert_eq!(selected.untagged[0], "* OK [CLOSED] The mailbox selected before is closed");
    assert_eq!(shape(&selected.untagged)[1..=new.len()], new);
    selected.ends("OK [READ-WRITE]");
}

#[tokio::test]
async fn nothing_recent_and_searches_in_the_new_form() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two")]).await;
    let mut client = enabled(&service).await;
    client.ok("SELECT INBOX").await;
    client.ok("FETCH 1:2 FLAGS").await.is(&["* 1 FETCH (FLAGS ())", "* 2 FETCH (FLAGS ())"]);
    client.ok("FETCH 1 BODY[]<0.1>").await.has("* 1 FETCH (BODY[]<0> {1}\r\nF FLAGS (\\Seen))");
    client.ok("STORE 2 +FLAGS (\\Flagged)").await.is(&["* 2 FETCH (FLAGS (\\Flagged))"]);
    client.ok("SEARCH FLAGGED").await.is(&["* ESEARCH (TAG \"7\") ALL 2"]);
    client.ok("UID SEARCH SEEN").await.is(&["* ESEARCH (TAG \"8\") UID ALL 1"]);
    client.ok("SEARCH ANSWERED").await.is(&["* ESEARCH (TAG \"9\")"]);
    client.ok("SEARCH RETURN (COUNT) ALL").await.is(&["* ESEARCH (TAG \"10\") COUNT 2"]);
    service.file(&[&letter("three")]).await;
    client.ok("NOOP").await.is(&["* 3 EXISTS"]);
    client.ok("UID EXPUNGE 1").await.is(&[]);
}

#[tokio::test]
async fn names_in_utf8_and_what_the_old_protocol_had() {
    let service = Service::start().await;
    let mut client = enabled(&service).await;
    client.ok("CREATE \"Läxor & prov\"").await;
    client.ok("LIST \"\" L*").await.is(&["* LIST (\\HasNoChildren) \"/\" \"Läxor & prov\""]);
    client.ok("SELECT \"Läxor & prov\"").await.has("* LIST () \"/\" \"Läxor & prov\"");
    client
        .ok("STATUS INBOX (MESSAGES SIZE DELETED)")
        .await
        .is(&["* STATUS INBOX (MESSAGES 0 SIZE 0 DELETED 0)"]);
    client.ok("NAMESPACE").await.has("* NAMESPACE ((\"\" \"/\")) ((\"Andra/\" \"/\")) ((\"Delade/\" \"/\"))");
    // Dropped from the protocol, taken from clients all the same.
    client.ok("LSUB \"\" INBOX").await.is(&["* LSUB () \"/\" INBOX"]);
    client.ok("CHECK").await;
    client.ok("SEARCH NEW").await;
}
