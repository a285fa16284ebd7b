//! Names and letters in UTF-8, for clients that ask for it.
//!
//! RFC 6855. Thunderbird enables it and sends a raw `&` then; others go on with modified UTF-7 beside it.

use crate::support::{Service, letter};

#[tokio::test]
async fn names_change_their_spelling_for_the_one_who_asked_and_for_nobody_else() {
    let service = Service::start().await;
    let (mut new, mut old) = (service.ada().await, service.ada().await);
    new.ok("CREATE \"L&AOQ-xor/&AMU-k 7\"").await;
    new.ok("LIST \"\" L*").await.has("* LIST (\\HasNoChildren) \"/\" \"L&AOQ-xor/&AMU-k 7\"");
    new.ok("ENABLE UTF8=ACCEPT").await.is(&["* ENABLED UTF8=ACCEPT"]);
    new.ok("ENABLE UTF8=ACCEPT").await.is(&["* ENABLED"]);

    new.ok("LIST \"\" L*")
        .await
        .is(&["* LIST (\\HasChildren) \"/\" \"Läxor\"", "* LIST (\\HasNoChildren) \"/\" \"Läxor/Åk 7\""]);
    new.ok("SUBSCRIBE \"Läxor/Åk 7\"").await;
    new.ok("LSUB \"\" L*").await.is(&["* LSUB () \"/\" \"Läxor/Åk 7\""]);
    new.ok("LIST \"\" \"Läxor/Å%\"").await.is(&["* LIST (\\HasNoChildren) \"/\" \"Läxor/Åk 7\""]);
    new.ok("STATUS \"Läxor/Åk 7\" (MESSAGES)").await.is(&["* STATUS \"Läxor/Åk 7\" (MESSAGES 0)"]);
    new.ok("LIST \"\" \"L%\" RETURN (STATUS (MESSAGES) MYRIGHTS)")
        .await
        .has("* STATUS \"Läxor\" (MESSAGES 0)")
        .has("* MYRIGHTS \"Läxor\" lrswipkxteacd");
    new.ok("GETQUOTAROOT \"Läxor\"").await.has("* QUOTAROOT \"Läxor\" account");
    new.ok("SETMETADATA \"Läxor\" (/private/comment \"Måndag\")").await;
    new.ok("GETMETADATA \"Läxor\" /private/comment")
        .await
        .is(&["* METADATA \"Läxor\" (/private/comment {7}\r\nMåndag)"]);

    old.ok("LIST \"\" L*").await.has("* LIST (\\HasNoChildren) \"/\" \"L&AOQ-xor/&AMU-k 7\"");
    old.ok("LSUB \"\" L*").await.is(&["* LSUB () \"/\" \"L&AOQ-xor/&AMU-k 7\""]);
    old.ok("STATUS \"Läxor\" (MESSAGES)").await.is(&["* STATUS L&AOQ-xor (MESSAGES 0)"]);
    // Sentences for people as well.
    new.say("CREATE \"Läxor\"").await.ends("NO [ALREADYEXISTS] There is a mailbox Läxor already");
    old.say("CREATE \"Läxor\"").await.ends("NO [ALREADYEXISTS] There is a mailbox Laxor already");
}

/// Pitfall 15 of clients: a raw `&`, both spellings, and letters that are typed in two pieces.
#[tokio::test]
async fn a_raw_ampersand_and_decomposed_letters() {
    let service = Service::start().await;
    let (mut new, mut old) = (service.ada().await, service.ada().await);
    new.ok("ENABLE UTF8=ACCEPT").await;
    new.ok("CREATE \"R&D-avdelningen\"").await;
    new.ok("SELECT \"R&D-avdelningen\"").await;
    new.ok("LIST \"\" R%").await.is(&["* LIST (\\HasNoChildren) \"/\" R&D-avdelningen"]);
    old.ok("LIST \"\" R%").await.is(&["* LIST (\\HasNoChildren) \"/\" R&-D-avdelningen"]);
    old.ok("SELECT R&-D-avdelningen").await;
    // Written as it would be without ENABLE, it means the same.
    new.ok("CREATE \"Spr&AOU-k\"").await;
    new.ok("CREATE \"Åk 7 & Åk 8\"").await;
    new.say("CREATE \"A\u{30a}k 7 & Åk 8\"").await.ends("NO [ALREADYEXISTS]");
    new.ok("LIST \"\" Spr%").await.is(&["* LIST (\\HasNoChildren) \"/\" \"Språk\""]);
    old.ok("LIST \"\" \"Åk *\"").await.is(&["* LIST (\\HasNoChildren) \"/\" \"&AMU-k 7 &- &AMU-k 8\""]);
    // Its own letters would read as another name.
    old.say("CREATE \"&-AOQ-\"").await.ends("NO [CANNOT]");
    new.send_octets(b"x SELECT \"L\xe4xor\"\r\n").await;
    new.reply("x").await.ends("BAD");
}

#[tokio::test]
async fn a_letter_with_a_header_in_utf8() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let text = letter("Läxor på tisdag");
    // Before ENABLE too: programs that move old letters between servers have such headers.
    client.append("INBOX", &text).await.ends("OK [APPENDUID");
    client.ok("CLOSE").await;
    client.ok("ENABLE UTF8=ACCEPT").await;
    client.ok("SELECT INBOX").await;
    client
        .say(&format!("APPEND INBOX (\\Seen) UTF8 (~{{{}+}}\r\n{text})", text.len()))
        .await
        .ends("OK [APPENDUID");
    let headers = client.ok("FETCH 1:2 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
    assert!(headers.untagged.iter().all(|line| line.contains("Subject: Läxor på tisdag")), "{headers:#?}");
    let envelopes = client.ok("FETCH 1:2 ENVELOPE").await;
    assert!(envelopes.untagged.iter().all(|line| line.contains("Läxor på tisdag")), "{envelopes:#?}");
    client.ok("UID SEARCH SUBJECT \"läxor PÅ\"").await.is(&["* SEARCH 1 2"]);
    client.ok("UID SEARCH CHARSET UTF-8 SUBJECT \"läxor\"").await.is(&["* SEARCH 1 2"]);
    client.say("UID SEARCH CHARSET US-ASCII ALL").await.ends("BAD");
}

/// Names and numbers keep their form while a mailbox is selected.
#[tokio::test]
async fn not_in_the_middle_of_a_mailbox() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    client.ok("ENABLE UTF8=ACCEPT IMAP4rev2").await.is(&["* ENABLED"]);
    client.ok("CLOSE").await;
    client.ok("ENABLE UTF8=ACCEPT IMAP4rev2").await.is(&["* ENABLED UTF8=ACCEPT IMAP4rev2"]);
}
