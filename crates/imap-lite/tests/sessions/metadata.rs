//! Annotations, and what LIST and STATUS tell besides.

use crate::support::{Service, letter};

#[tokio::test]
async fn annotations_of_mailboxes_and_of_the_server() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.ok("SETMETADATA INBOX (/private/comment \"Min\" /shared/comment \"Allas\")").await;
    client
        .ok("GETMETADATA INBOX /PRIVATE/Comment")
        .await
        .is(&["* METADATA INBOX (/private/comment \"Min\")"]);
    client
        .ok("GETMETADATA INBOX (DEPTH infinity) (/private /shared)")
        .await
        .is(&["* METADATA INBOX (/private/comment \"Min\" /shared/comment \"Allas\")"]);
    client
        .ok("GETMETADATA INBOX (MAXSIZE 3 DEPTH 1) /shared")
        .await
        .is(&[])
        .ends("OK [METADATA LONGENTRIES 5]");
    client.ok("GETMETADATA INBOX /private/nothing").await.is(&[]);
    client
        .ok("GETMETADATA \"\" /shared/admin")
        .await
        .is(&["* METADATA \"\" (/shared/admin \"mailto:postmaster@skola.test\")"]);
    client.ok("SETMETADATA \"\" (/private/vendor/x \"1\")").await;
    client.ok("GETMETADATA \"\" /private/vendor/x").await.is(&["* METADATA \"\" (/private/vendor/x \"1\")"]);
    client.say("SETMETADATA \"\" (/shared/comment \"x\")").await.ends("NO [NOPERM]");
    client.say("SETMETADATA \"\" (/shared/admin \"x\")").await.ends("NO [NOPERM]");
    for entry in ["/other/x", "/private//x", "comment"] {
        client.say(&format!("SETMETADATA INBOX ({entry} \"x\")")).await.ends("BAD");
    }
    client.say("SETMETADATA Nowhere (/private/comment \"x\")").await.ends("NO [NONEXISTENT]");
    client.ok("SETMETADATA INBOX (/private/comment NIL)").await;
    client.ok("GETMETADATA INBOX /private/comment").await.is(&[]);
    // Somebody else's server is another one.
    let mut bo = service.connect().await;
    bo.ok(&format!("LOGIN bo.ek@skola.test {}", crate::support::PASSWORD)).await;
    bo.ok("GETMETADATA \"\" (DEPTH infinity) /private").await.is(&[]);
}

#[tokio::test]
async fn annotations_are_bounded_and_written_all_or_none() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    let long = "x".repeat(1025);
    client
        .say(&format!("SETMETADATA INBOX (/private/a \"x\" /private/b {{1025+}}\r\n{long})"))
        .await
        .ends("NO [METADATA MAXSIZE 1024]");
    client.ok("GETMETADATA INBOX /private/a").await.is(&[]);
    for number in 0..50 {
        client.ok(&format!("SETMETADATA INBOX (/private/vendor/x/{number} \"x\")")).await;
    }
    client.say("SETMETADATA INBOX (/private/vendor/x/50 \"x\")").await.ends("NO [METADATA TOOMANY]");
    client.ok("SETMETADATA INBOX (/private/vendor/x/0 NIL)").await;
    client.ok("SETMETADATA INBOX (/private/vendor/x/50 \"x\")").await;
}

#[tokio::test]
async fn annotations_go_with_their_mailbox() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.ok("CREATE A").await;
    client.ok("SETMETADATA A (/private/comment \"x\")").await;
    client.ok("RENAME A B").await;
    client.ok("GETMETADATA B /private/comment").await.is(&["* METADATA B (/private/comment \"x\")"]);
    client.ok("DELETE B").await;
    client.ok("CREATE B").await;
    client.ok("GETMETADATA B /private/comment").await.is(&[]);
}

#[tokio::test]
async fn list_tells_status_rights_and_annotations() {
    let service = Service::start().await;
    service.file(&[&letter("ett")]).await;
    let mut client = service.ada().await;
    client.ok("CREATE A/B").await;
    client.ok("SUBSCRIBE Gone").await;
    client.ok("SETMETADATA A (/shared/comment \"x\")").await;
    client.ok("LIST (SUBSCRIBED) \"\" (INBOX Gone) RETURN (STATUS (MESSAGES UNSEEN))").await.is(&[
        "* LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX",
        "* STATUS INBOX (MESSAGES 1 UNSEEN 1)",
        "* LIST (\\NonExistent \\Subscribed) \"/\" Gone",
    ]);
    client.ok("LIST \"\" A* RETURN (MYRIGHTS METADATA (/shared/comment))").await.is(&[
        "* LIST (\\HasChildren) \"/\" A",
        "* MYRIGHTS A lrswipkxteacd",
        "* METADATA A (/shared/comment \"x\")",
        "* LIST (\\HasNoChildren) \"/\" A/B",
        "* MYRIGHTS A/B lrswipkxteacd",
        "* LIST (\\HasNoChildren \\Archive) \"/\" Archive",
        "* MYRIGHTS Archive lrswipkxteacd",
    ]);
}

#[tokio::test]
async fn status_tells_size_and_the_limit_of_append() {
    let service = Service::start().await;
    service.file(&[&letter("ett")]).await;
    let mut client = service.ada().await;
    let size = letter("ett").replace('\n', "\r\n").len();
    client
        .ok("STATUS INBOX (SIZE APPENDLIMIT)")
        .await
        .is(&[&format!("* STATUS INBOX (SIZE {size} APPENDLIMIT 26214400)")]);
    let words = client.ok("CAPABILITY").await.untagged.join("");
    for word in [
        "APPENDLIMIT=26214400",
        "STATUS=SIZE",
        "ACL RIGHTS=kxte LIST-MYRIGHTS",
        "METADATA METADATA-SERVER LIST-METADATA",
        "LIST-STATUS",
        "CREATE-SPECIAL-USE",
    ] {
        assert!(words.contains(word), "{word}: {words}");
    }
}

#[tokio::test]
async fn one_mailbox_for_each_purpose() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.say("CREATE Kladdar (USE (\\Drafts))").await.ends("NO [USEATTR]");
    client.say("CREATE \"Skickade brev\" (USE (\\Sent))").await.ends("NO [USEATTR]");
    client.say("CREATE Drafts (USE (\\Drafts))").await.ends("NO [ALREADYEXISTS]");
    client.ok("RENAME Drafts Utkast").await;
    let refusal = client.say("CREATE Drafts (USE (\\Drafts))").await;
    assert!(refusal.tagged.starts_with("NO [USEATTR]") && refusal.tagged.contains("Utkast"), "{refusal:?}");
    client.ok("LIST (SPECIAL-USE) \"\" *").await.has("* LIST (\\HasNoChildren \\Drafts) \"/\" Utkast");
}

#[tokio::test]
async fn a_name_above_others_stays() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.ok("CREATE A/B").await;
    client.ok("DELETE A").await;
    client.say("DELETE A").await.ends("NO [HASCHILDREN]");
    client.ok("DELETE A/B").await;
    client.say("DELETE A").await.ends("NO [NONEXISTENT]");
}
