//! Names of mailboxes.

use crate::support::{Service, letter};

#[tokio::test]
async fn a_new_account_has_its_six_mailboxes() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.ok("LIST \"\" *").await.is(&[
        "* LIST (\\HasNoChildren) \"/\" INBOX",
        "* LIST (\\HasNoChildren \\Archive) \"/\" Archive",
        "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts",
        "* LIST (\\HasNoChildren \\Junk) \"/\" Junk",
        "* LIST (\\HasNoChildren \\Sent) \"/\" Sent",
        "* LIST (\\HasNoChildren \\Trash) \"/\" Trash",
    ]);
    assert_eq!(client.ok("LSUB \"\" *").await.untagged.len(), 6);
    client.ok("LIST \"\" \"\"").await.is(&["* LIST (\\Noselect) \"/\" \"\""]);
    client
        .ok("NAMESPACE")
        .await
        .is(&["* NAMESPACE ((\"\" \"/\")) ((\"Andra/\" \"/\")) ((\"Delade/\" \"/\"))"]);
    client.ok("LIST (SPECIAL-USE) \"\" (S% T%) RETURN (SUBSCRIBED)").await.is(&[
        "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" Sent",
        "* LIST (\\HasNoChildren \\Subscribed \\Trash) \"/\" Trash",
    ]);
}

#[tokio::test]
async fn create_rename_delete() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("CREATE \"L&AOQ-xor/&AMU-k 7\"").await;
    client.say("CREATE Läxor").await.ends("NO [ALREADYEXISTS]");
    client.say("CREATE Skickat").await.ends("NO [CANNOT]");
    client.ok("LIST \"\" L*").await.is(&[
        "* LIST (\\HasChildren) \"/\" L&AOQ-xor",
        "* LIST (\\HasNoChildren) \"/\" \"L&AOQ-xor/&AMU-k 7\"",
    ]);
    client.ok("COPY 1 \"Läxor/Åk 7\"").await;
    client.ok("RENAME Läxor Hem").await;
    client.say("RENAME Läxor Hem2").await.ends("NO [NONEXISTENT]");
    client
        .ok("STATUS \"Hem/Åk 7\" (MESSAGES UIDNEXT)")
        .await
        .has("* STATUS \"Hem/&AMU-k 7\" (MESSAGES 1 UIDNEXT 2)");
    client.ok("DELETE Hem").await;
    client.ok("LIST \"\" H*").await.is(&[
        "* LIST (\\Noselect \\HasChildren) \"/\" Hem",
        "* LIST (\\HasNoChildren) \"/\" \"Hem/&AMU-k 7\"",
    ]);
    client.ok("DELETE \"Hem/Åk 7\"").await;
    client.ok("LIST \"\" H*").await.is(&[]);
    client.say("DELETE INBOX").await.ends("NO [CANNOT]");
    client.say("DELETE Nowhere").await.ends("NO [NONEXISTENT]");
    client.ok("RENAME INBOX Gammalt").await.has("* 1 EXPUNGE");
    client.ok("STATUS Gammalt (MESSAGES)").await.has("* STATUS Gammalt (MESSAGES 1)");
}

#[tokio::test]
async fn subscriptions_outlive_their_mailboxes() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    client.ok("CREATE A/B").await;
    client.ok("SUBSCRIBE A/B").await;
    client.ok("SUBSCRIBE Gone").await;
    client.ok("LSUB \"\" A%").await.is(&["* LSUB (\\Noselect) \"/\" A", "* LSUB () \"/\" Archive"]);
    client.ok("LSUB \"\" A/*").await.is(&["* LSUB () \"/\" A/B"]);
    client.ok("LIST (SUBSCRIBED) \"\" G*").await.is(&["* LIST (\\NonExistent \\Subscribed) \"/\" Gone"]);
    client
        .ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" A")
        .await
        .is(&["* LIST (\\HasChildren) \"/\" A (\"CHILDINFO\" (\"SUBSCRIBED\"))"]);
    client.ok("UNSUBSCRIBE Gone").await;
    client.ok("LSUB \"\" G*").await.is(&[]);
}

#[tokio::test]
async fn a_mailbox_that_goes_while_it_is_selected() {
    let service = Service::start().await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    client.ok("CREATE Kort").await;
    client.ok("SELECT Kort").await;
    other.ok("SELECT Kort").await;
    client.ok("DELETE Kort").await;
    client.say("FETCH 1:* FLAGS").await.ends("NO [NONEXISTENT]");
    client.ok("NOOP").await;
    client.ok("CLOSE").await;
    client.ok("SELECT INBOX").await;
    other.send("n NOOP\r\n").await;
    assert!(other.line().await.starts_with("* BYE [NONEXISTENT]"));
}
