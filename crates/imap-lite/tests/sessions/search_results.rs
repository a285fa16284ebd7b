//! What SEARCH can return: ESEARCH, `$`, parts, changes, progress.

use imap_lite::Limits;

use crate::support::{Client, Service, letter};
use tokio::net::TcpStream;

/// Ada's INBOX with so many letters, `läxa 1`, `läxa 2` and so on.
async fn inbox(service: &Service, letters: usize) -> Client<TcpStream> {
    let letters: Vec<String> = (1..=letters).map(|number| letter(&format!("läxa {number}"))).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    service.ada_in_inbox().await
}

#[tokio::test]
async fn esearch_tells_what_was_asked_with_a_quoted_tag() {
    let service = Service::start().await;
    let mut client = inbox(&service, 5).await;
    client.ok("STORE 2,4 +FLAGS.SILENT (\\Seen)").await;
    for (asked, told) in [
        ("SEARCH RETURN () SEEN", "* ESEARCH (TAG \"4\") ALL 2,4"),
        ("SEARCH RETURN (ALL) UNSEEN", "* ESEARCH (TAG \"5\") ALL 1,3,5"),
        ("UID SEARCH RETURN (MIN MAX COUNT) ALL", "* ESEARCH (TAG \"6\") UID MIN 1 MAX 5 COUNT 5"),
        ("SEARCH RETURN (MIN MAX COUNT ALL) DELETED", "* ESEARCH (TAG \"7\") COUNT 0"),
        ("SEARCH RETURN (MIN) DELETED", "* ESEARCH (TAG \"8\")"),
        ("SEARCH RETURN (COUNT) CHARSET UTF-8 SUBJECT \"LÄXA\"", "* ESEARCH (TAG \"9\") COUNT 5"),
    ] {
        client.ok(asked).await.is(&[told]);
    }
    client.say("SEARCH RETURN (NONE) ALL").await.ends("BAD");
}

#[tokio::test]
async fn a_client_of_rev2_gets_esearch_for_a_plain_search() {
    let service = Service::start().await;
    let mut client = inbox(&service, 2).await;
    client.ok("SEARCH ALL").await.is(&["* SEARCH 1 2"]);
    if client.say("ENABLE IMAP4rev2").await.untagged.iter().any(|line| line.contains("IMAP4rev2")) {
        client.ok("SEARCH ALL").await.is(&["* ESEARCH (TAG \"4\") ALL 1:2"]);
        client.ok("UID SEARCH DELETED").await.is(&["* ESEARCH (TAG \"5\") UID"]);
    }
}

#[tokio::test]
async fn parts_of_a_result() {
    let service = Service::start().await;
    let mut client = inbox(&service, 9).await;
    for (range, told) in
        [("1:3", "1:3"), ("-1:-2", "8:9"), ("8:100", "8:9"), ("20:30", "NIL"), ("-9:-5", "1:5")]
    {
        let reply = client.ok(&format!("UID SEARCH RETURN (PARTIAL {range}) ALL")).await;
        let shown = match range {
            "-9:-5" => "-5:-9",
            other => other,
        };
        assert!(reply.untagged[0].ends_with(&format!(" UID PARTIAL ({shown} {told})")), "{reply:?}");
    }
    client.say("SEARCH RETURN (PARTIAL 1:3 ALL) ALL").await.ends("BAD");
}

#[tokio::test]
async fn the_last_result_is_used_again_and_follows_expunges() {
    let service = Service::start().await;
    let mut client = inbox(&service, 6).await;
    client.ok("UID SEARCH RETURN (SAVE) UID 2:5").await.is(&[]);
    client.ok("FETCH $ (UID)").await.is(&[
        "* 2 FETCH (UID 2)",
        "* 3 FETCH (UID 3)",
        "* 4 FETCH (UID 4)",
        "* 5 FETCH (UID 5)",
    ]);
    client.ok("STORE $ +FLAGS.SILENT (\\Seen)").await;
    client.ok("SEARCH RETURN (SAVE COUNT) $ UID 3:9").await.has("* ESEARCH (TAG \"6\") COUNT 3");
    client.ok("UID STORE 4 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("UID EXPUNGE $").await.has("* 4 EXPUNGE");
    client.ok("UID SEARCH $").await.is(&["* SEARCH 3 5"]);
    client.ok("UID SEARCH RETURN (SAVE MIN) ALL").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH 1"]);
    client.ok("UID SEARCH RETURN (SAVE MIN COUNT) ALL").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH 1 2 3 5 6"]);
    client.ok("UID SEARCH RETURN (SAVE PARTIAL -1:-2) ALL").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH 5 6"]);
    // A search that is not kept leaves it as it is; an empty one empties it; SELECT too.
    client.ok("UID SEARCH DELETED").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH 5 6"]);
    client.ok("SEARCH RETURN (SAVE) DELETED").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH"]);
    client.ok("FETCH $ (FLAGS)").await.is(&[]);
    client.ok("SEARCH RETURN (SAVE) ALL").await;
    client.ok("SELECT INBOX").await;
    client.ok("UID SEARCH $").await.is(&["* SEARCH"]);
}

#[tokio::test]
async fn what_is_too_much_to_keep_is_not_kept() {
    let service = Service::with(Limits { search_kept_max: 2, ..Limits::default() }, true).await;
    let mut client = inbox(&service, 6).await;
    client.ok("SEARCH RETURN (SAVE) 1,3").await;
    client.say("SEARCH RETURN (SAVE ALL) 1,3,5").await.ends("NO [NOTSAVED]");
    client.ok("SEARCH $").await.is(&["* SEARCH"]);
    client
        .ok("SEARCH RETURN (UPDATE COUNT) ALL")
        .await
        .is(&["* NO [NOUPDATE \"6\"] That search is not followed", "* ESEARCH (TAG \"6\") COUNT 6"]);
}

#[tokio::test]
async fn a_search_that_is_refused_leaves_nothing_kept_behind() {
    let service = Service::start().await;
    let mut client = inbox(&service, 3).await;
    for refused in [
        "UID SEARCH RETURN (SAVE) CHARSET ISO-8859-1 SUBJECT {1+}\r\nx",
        "SORT RETURN (SAVE) (DATE) KOI8-R ALL",
        "SEARCH RETURN (SAVE COUNT) SUBJECT {99999999}",
    ] {
        client.ok("SEARCH RETURN (SAVE) ALL").await;
        client.say(refused).await.ends("NO");
        client.ok("UID STORE $ +FLAGS (\\Deleted)").await.is(&[]);
    }
    // In one packet too; and BAD, or a search that was not to be kept, changes nothing.
    client.ok("SEARCH RETURN (SAVE) 2").await;
    client.send("a SEARCH RETURN (SAVE) CHARSET KOI8-R ALL\r\nb SEARCH $\r\n").await;
    client.reply("a").await.ends("NO [BADCHARSET");
    client.reply("b").await.is(&["* SEARCH"]);
    client.ok("SEARCH RETURN (SAVE) 2").await;
    client.say("SEARCH RETURN (SAVE) NONSENSE").await.ends("BAD");
    client.say("SEARCH CHARSET KOI8-R ALL").await.ends("NO");
    client.ok("SEARCH $").await.is(&["* SEARCH 2"]);
}

#[tokio::test]
async fn ages_and_days_of_arrival() {
    let service = Service::start().await;
    let mut client = inbox(&service, 2).await;
    client.ok("SEARCH YOUNGER 3600").await.is(&["* SEARCH 1 2"]);
    client.ok("SEARCH OLDER 3600").await.is(&["* SEARCH"]);
    client.ok("SEARCH SAVEDSINCE 1-Jan-2020 NOT SAVEDBEFORE 1-Jan-2020").await.is(&["* SEARCH 1 2"]);
    client.ok("SEARCH SAVEDON 1-Jan-2020").await.is(&["* SEARCH"]);
    client.ok("SEARCH SAVEDATESUPPORTED").await.is(&["* SEARCH 1 2"]);
    client.say("SEARCH OLDER 0").await.ends("BAD");
}

#[tokio::test]
async fn mod_seq_is_told_only_if_it_was_asked_for() {
    let service = Service::start().await;
    let mut client = inbox(&service, 3).await;
    client.ok("STORE 2 +FLAGS.SILENT (\\Seen)").await;
    let plain = client.ok("SEARCH RETURN (ALL) ALL").await;
    plain.is(&["* ESEARCH (TAG \"4\") ALL 1:3"]);
    let classic = client.ok("SEARCH MODSEQ 1").await;
    let at = classic.untagged.iter().find(|line| line.starts_with("* SEARCH")).expect("an answer");
    let mod_seq = at.rsplit_once("(MODSEQ ").expect("it was asked for").1.trim_end_matches(')');
    let all = client.ok("SEARCH RETURN (COUNT) MODSEQ 1").await;
    all.is(&[&format!("* ESEARCH (TAG \"6\") COUNT 3 MODSEQ {mod_seq}")]);
    let first = client.ok("SEARCH RETURN (MIN) MODSEQ 1").await;
    let of_first = first.untagged[0].rsplit_once("MODSEQ ").unwrap().1.to_owned();
    assert!(of_first.parse::<u64>().unwrap() < mod_seq.parse().unwrap(), "{first:?}");
    client.ok("SEARCH MODSEQ 99999").await.is(&["* SEARCH"]);
    client.ok("SEARCH RETURN (COUNT) MODSEQ 99999").await.is(&["* ESEARCH (TAG \"9\") COUNT 0"]);
}

#[tokio::test]
async fn object_ids_are_searched_for() {
    let service = Service::start().await;
    let mut client = inbox(&service, 3).await;
    let entries = service.mailboxes.entries(service.inbox(), &[model::Uid::new(2).unwrap()]).await.unwrap();
    let email = mailbox::email_id(&entries[0].1.body);
    let thread = service.mailboxes.thread_id(service.tenant, &entries[0].1).await.unwrap();
    client.ok(&format!("SEARCH EMAILID {email}")).await.is(&["* SEARCH 2"]);
    client.ok(&format!("SEARCH NOT THREADID {thread}")).await.is(&["* SEARCH 1 3"]);
    client.ok("SEARCH EMAILID Mnone").await.is(&["* SEARCH"]);
}

#[tokio::test]
async fn a_followed_search_tells_what_changes() {
    let service = Service::start().await;
    let mut client = inbox(&service, 4).await;
    let mut other = service.ada_in_inbox().await;
    client.ok("UID SEARCH RETURN (UPDATE COUNT) UNSEEN").await.is(&["* ESEARCH (TAG \"3\") UID COUNT 4"]);
    client.ok("SEARCH RETURN (UPDATE ALL) SEEN").await.is(&["* ESEARCH (TAG \"4\")"]);
    let own = client.ok("STORE 2 +FLAGS.SILENT (\\Seen)").await;
    own.is(&["* ESEARCH (TAG \"3\") UID REMOVEFROM (0 2)", "* ESEARCH (TAG \"4\") ADDTO (0 2)"]);
    other.ok("STORE 3 +FLAGS.SILENT (\\Seen)").await;
    client.ok("NOOP").await.is(&[
        "* 3 FETCH (FLAGS (\\Seen \\Recent))",
        "* ESEARCH (TAG \"3\") UID REMOVEFROM (0 3)",
        "* ESEARCH (TAG \"4\") ADDTO (0 3)",
    ]);
    // New messages after EXISTS, expunged ones before EXPUNGE.
    service.file(&[&letter("ny")]).await;
    let came = client.ok("NOOP").await.untagged;
    let place =
        |line: &str| came.iter().position(|have| have == line).unwrap_or_else(|| panic!("{line}: {came:?}"));
    assert!(place("* 5 EXISTS") < place("* ESEARCH (TAG \"3\") UID ADDTO (0 5)"));
    other.ok("NOOP").await;
    other.ok("STORE 2,3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let went = client.ok("NOOP").await.untagged;
    let place =
        |line: &str| went.iter().position(|have| have == line).unwrap_or_else(|| panic!("{line}: {went:?}"));
    assert!(place("* ESEARCH (TAG \"4\") REMOVEFROM (0 2:3)") < place("* 3 EXPUNGE"));
    client.ok("CANCELUPDATE \"3\" \"nobody\"").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    let news = client.ok("NOOP").await;
    news.is(&["* 1 FETCH (FLAGS (\\Seen \\Recent))", "* ESEARCH (TAG \"4\") ADDTO (0 1)"]);
}

#[tokio::test]
async fn a_followed_search_is_told_in_idle() {
    let service = Service::start().await;
    let mut client = inbox(&service, 2).await;
    client.ok("UID SEARCH RETURN (UPDATE) SUBJECT ny").await;
    client.send("i IDLE\r\n").await;
    assert!(client.line().await.starts_with("+ "));
    service.file(&[&letter("ny"), &letter("annan")]).await;
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("ADDTO")) {
        lines.push(client.line().await);
    }
    assert_eq!(lines.last().unwrap(), "* ESEARCH (TAG \"3\") UID ADDTO (0 3)");
    client.send("DONE\r\n").await;
    client.reply("i").await.ends("OK");
}

#[tokio::test]
async fn followed_searches_are_bounded_and_their_tags_are_not_used_twice() {
    let service = Service::with(Limits { search_contexts_max: 2, ..Limits::default() }, true).await;
    let mut client = inbox(&service, 1).await;
    for tag in ["a", "b"] {
        client.send(&format!("{tag} SEARCH RETURN (UPDATE COUNT) SEEN\r\n")).await;
        client.reply(tag).await.is(&[&format!("* ESEARCH (TAG \"{tag}\") COUNT 0")]).ends("OK");
    }
    client.send("a SEARCH RETURN (UPDATE COUNT) SEEN\r\n").await;
    client.reply("a").await.is(&[]).ends("BAD");
    client.send("c SEARCH RETURN (UPDATE COUNT) SEEN\r\n").await;
    let refused = client.reply("c").await;
    refused
        .has("* NO [NOUPDATE \"c\"] That search is not followed")
        .has("* ESEARCH (TAG \"c\") COUNT 0")
        .ends("OK");
    client.ok("CANCELUPDATE \"a\"").await;
    client.send("c SEARCH RETURN (UPDATE COUNT) SEEN\r\n").await;
    client.reply("c").await.is(&["* ESEARCH (TAG \"c\") COUNT 0"]);
}

#[tokio::test]
async fn a_long_search_says_how_far_it_is() {
    let service = Service::with(Limits { search_progress_seconds: 0, ..Limits::default() }, true).await;
    let mut client = inbox(&service, 2500).await;
    let reply = client.ok("SEARCH TEXT \"finns inte\"").await;
    assert_eq!(reply.untagged.last().unwrap(), "* SEARCH");
    let progress = reply.untagged.iter().filter(|line| line.starts_with("* OK [INPROGRESS (\"3\" "));
    assert!(progress.count() > 0, "{reply:?}");
}
