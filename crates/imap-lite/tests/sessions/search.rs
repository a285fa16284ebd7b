//! SEARCH.

use crate::support::{Service, letter};

#[tokio::test]
async fn keys_find_what_they_say() {
    let service = Service::start().await;
    let german = letter("Läxa").replace("Hej", "Hallå");
    service.file(&[&letter("one"), &german, &letter("three")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Seen $Later)").await;
    for (keys, found) in [
        ("ALL", "1 2 3"),
        ("UNSEEN", "2 3"),
        ("NEW", "2 3"),
        ("OLD", ""),
        ("KEYWORD $later", "1"),
        ("NOT 2:3", "1"),
        ("UID 2:*", "2 3"),
        ("OR SUBJECT one SUBJECT three", "1 3"),
        ("CHARSET UTF-8 SUBJECT läxa", "2"),
        ("CHARSET UTF-8 TEXT \"hallå, LÄXA\"", "2"),
        ("BODY hej", "1 3"),
        ("FROM \"bo ek\" TO ada", "1 2 3"),
        ("HEADER Message-ID <three@", "3"),
        ("HEADER X-None \"\"", ""),
        ("SENTON 23-Nov-2026 SENTSINCE 22-Nov-2026", "1 2 3"),
        ("SENTBEFORE 23-Nov-2026", ""),
        ("SINCE 1-Jan-2020 NOT BEFORE 1-Jan-2020", "1 2 3"),
        ("LARGER 10 SMALLER 1000000", "1 2 3"),
        ("(UNSEEN 3) NOT DELETED", "3"),
        ("77", ""),
    ] {
        let line = format!("* SEARCH {found}");
        client.ok(&format!("SEARCH {keys}")).await.is(&[line.trim_end()]);
    }
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    client.ok("UID SEARCH SUBJECT three").await.is(&["* SEARCH 3"]);
    client.ok("SEARCH SUBJECT three").await.is(&["* SEARCH 2"]);
    client.say("SEARCH CHARSET KOI8-R ALL").await.ends("NO [BADCHARSET");
}
