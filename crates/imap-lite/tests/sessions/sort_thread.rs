//! SORT and THREAD.

use crate::support::Service;

/// Four letters: 2 answers 1, 3 answers what is not here, 4 has the subject of 1.
async fn service() -> Service {
    let service = Service::start().await;
    let letter = |number: u32, fields: &str| {
        format!("Message-ID: <{number}@skola.test>\n{}\n\nText {number}.\n", fields.replace('|', "\n"))
    };
    let letters = [
        letter(1, "Subject: Läxa|From: Åsa <z@skola.test>|Date: Mon, 7 Sep 2026 10:00:00 +0200"),
        letter(
            2,
            "Subject: Re: läxa|From: b@skola.test|References: <1@skola.test>|Date: Mon, 7 Sep 2026 09:00:00 +0000",
        ),
        letter(
            3,
            "Subject: fika|From: Bo <a@skola.test>|In-Reply-To: <9@skola.test>|Date: Sun, 6 Sep 2026 09:00:00 +0000",
        ),
        letter(
            4,
            "Subject: RE: LÄXA|From: c@skola.test|Cc: x@skola.test|Date: Mon, 7 Sep 2026 08:30:00 +0000",
        ),
    ];
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    service
}

#[tokio::test]
async fn sorted_by_every_criterion() {
    let service = service().await;
    let mut client = service.ada_in_inbox().await;
    for (command, numbers) in [
        ("SORT (ARRIVAL) UTF-8 ALL", "1 2 3 4"),
        ("SORT (REVERSE ARRIVAL) US-ASCII ALL", "1 2 3 4"),
        ("SORT (SUBJECT) UTF-8 ALL", "3 1 2 4"),
        ("SORT (SUBJECT REVERSE DATE) UTF-8 ALL", "3 2 4 1"),
        ("SORT (DATE) UTF-8 ALL", "3 1 4 2"),
        ("SORT (REVERSE DATE) UTF-8 ALL", "2 4 1 3"),
        ("SORT (FROM) UTF-8 ALL", "3 2 4 1"),
        ("SORT (DISPLAYFROM) UTF-8 ALL", "1 2 3 4"),
        ("SORT (REVERSE CC TO) UTF-8 ALL", "4 1 2 3"),
        ("SORT (SIZE DISPLAYTO) UTF-8 LARGER 1000000", ""),
        ("SORT (DATE) UTF-8 SUBJECT läxa", "1 4 2"),
        ("UID SORT (REVERSE SUBJECT) UTF-8 2:3", "2 3"),
    ] {
        client.ok(command).await.is(&[format!("* SORT {numbers}").trim_end()]);
    }
    client.say("SORT (SUBJECT) KOI8-R ALL").await.ends("NO [BADCHARSET");
    client.say("SORT (COLOUR) UTF-8 ALL").await.ends("BAD");
    client.say("SORT () UTF-8 ALL").await.ends("BAD");
}

#[tokio::test]
async fn threads_by_every_algorithm() {
    let service = service().await;
    let mut client = service.ada_in_inbox().await;
    client.ok("THREAD REFERENCES UTF-8 ALL").await.is(&["* THREAD (3)(1 (4)(2))"]);
    client.ok("THREAD ORDEREDSUBJECT UTF-8 ALL").await.is(&["* THREAD (3)(1 (4)(2))"]);
    client.ok("THREAD REFS UTF-8 ALL").await.is(&["* THREAD (1 2)(3)(4)"]);
    client.ok("THREAD REFERENCES UTF-8 SUBJECT nothing").await.is(&["* THREAD"]);
    client.say("THREAD JWZ UTF-8 ALL").await.ends("BAD");
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    // The first is gone: its answer and the letter with its subject stand beside each other.
    client.ok("UID THREAD REFERENCES UTF-8 ALL").await.is(&["* THREAD (3)((4)(2))"]);
    client.ok("THREAD REFS UTF-8 ALL").await.is(&["* THREAD (1)(2)(3)"]);
}

#[tokio::test]
async fn what_others_do_is_not_told_in_between() {
    let service = service().await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let reply = client.ok("SORT (SUBJECT) UTF-8 ALL").await;
    assert!(reply.untagged.iter().all(|line| !line.ends_with("EXPUNGE")), "{reply:#?}");
    reply.has("* SORT 1 2 4");
    client.ok("NOOP").await.has("* 3 EXPUNGE");
    client.ok("SORT (SUBJECT) UTF-8 ALL").await.is(&["* SORT 1 2 3"]);
}

#[tokio::test]
async fn a_sorted_result_in_parts() {
    let service = service().await;
    let mut client = service.ada_in_inbox().await;
    for (returns, told) in [
        ("RETURN ()", " ALL 3,1,4,2"),
        ("RETURN (ALL)", " ALL 3,1,4,2"),
        // RFC 5267 §3: the first and the last of the sorted result.
        ("RETURN (MIN MAX COUNT)", " MIN 3 MAX 2 COUNT 4"),
        ("RETURN (PARTIAL 2:3)", " PARTIAL (2:3 1,4)"),
        ("RETURN (COUNT PARTIAL -1:-2)", " COUNT 4 PARTIAL (-1:-2 4,2)"),
        ("RETURN (PARTIAL 9:10)", " PARTIAL (9:10 NIL)"),
    ] {
        let reply = client.say(&format!("SORT {returns} (DATE) UTF-8 ALL")).await;
        let line = reply.untagged.first().expect("an answer");
        assert!(line.starts_with("* ESEARCH (TAG \"") && line.ends_with(told), "{returns}: {line}");
    }
    client.ok("UID SORT RETURN (SAVE PARTIAL 1:2) (DATE) UTF-8 ALL").await;
    client.ok("SEARCH $").await.is(&["* SEARCH 1 3"]);
    client.ok("SORT (REVERSE DATE) UTF-8 $").await.is(&["* SORT 1 3"]);
    client.ok("UID SORT RETURN (COUNT) (DATE) UTF-8 SUBJECT nothing").await;
}

#[tokio::test]
async fn a_sorted_result_is_followed() {
    let service = service().await;
    let mut client = service.ada_in_inbox().await;
    let reply = client.ok("UID SORT RETURN (UPDATE ALL) (SUBJECT DATE) UTF-8 ALL").await;
    let tag = reply.untagged[0].split('"').nth(1).expect("a tag").to_owned();
    assert_eq!(reply.untagged, [format!("* ESEARCH (TAG \"{tag}\") UID ALL 3,1,4,2")]);
    service.file(&["Subject: kalas\nDate: Mon, 7 Sep 2026 10:00:00 +0200\n\nHej.\n"]).await;
    let reply = client.ok("NOOP").await;
    reply.has("* 5 EXISTS").has(&format!("* ESEARCH (TAG \"{tag}\") UID ADDTO (2 5)"));
    client.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await.has(&format!("* ESEARCH (TAG \"{tag}\") UID REMOVEFROM (1 3)"));
    client.ok(&format!("CANCELUPDATE \"{tag}\"")).await.is(&[]);
}

#[tokio::test]
async fn a_mod_seq_in_the_key_is_told() {
    let service = service().await;
    let mut client = service.ada_in_inbox().await;
    client.ok("STORE 4 +FLAGS.SILENT (\\Seen)").await;
    let reply = client.ok("SORT (DATE) UTF-8 MODSEQ 1").await;
    let line = reply.untagged.last().expect("an answer");
    assert!(line.starts_with("* SORT 3 1 4 2 (MODSEQ ") && line.ends_with(')'), "{line}");
}
