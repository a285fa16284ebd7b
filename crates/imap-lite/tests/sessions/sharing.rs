//! Mailboxes of others: names, rights, lists of rights, and what becomes of open sessions.

mod everyone;
mod rights;

use everyone::Town;

const ADA: &str = "ada.oqvist@skola.test";
const OFFICE: &str = "Delade/expedition@skola.test";

#[tokio::test]
async fn a_function_appears_to_its_members_and_to_nobody_else() {
    let town = Town::open().await;
    town.join_office("bo.ek@skola.test", "lrswipkxte").await;
    let mut bo = town.log_in("bo.ek").await;
    bo.ok("LIST \"\" Del*").await.is(&[
        "* LIST (\\Noselect \\HasChildren) \"/\" Delade",
        "* LIST (\\HasChildren) \"/\" Delade/expedition@skola.test",
        "* LIST (\\HasNoChildren) \"/\" Delade/expedition@skola.test/Archive",
        "* LIST (\\HasNoChildren) \"/\" Delade/expedition@skola.test/Drafts",
        "* LIST (\\HasNoChildren) \"/\" Delade/expedition@skola.test/Junk",
        "* LIST (\\HasNoChildren) \"/\" Delade/expedition@skola.test/Sent",
        "* LIST (\\HasNoChildren) \"/\" Delade/expedition@skola.test/Trash",
    ]);
    bo.ok("LIST \"\" %").await.has("* LIST (\\Noselect \\HasChildren) \"/\" Delade");
    let rights = format!("* MYRIGHTS {OFFICE} lrswipkxtecd");
    bo.ok(&format!("MYRIGHTS {OFFICE}")).await.is(&[&rights]);
    // A subscription is one's own.
    bo.ok(&format!("SUBSCRIBE {OFFICE}/Sent")).await;
    bo.ok("LSUB \"\" D*").await.has(&format!("* LSUB () \"/\" {OFFICE}/Sent"));
    // Its special mailboxes stay, its others come and go.
    let permanent = |name: &str| format!("NO [CANNOT] The mailbox {name} belongs to the account");
    bo.say(&format!("DELETE {OFFICE}")).await.ends(&permanent(OFFICE));
    bo.say(&format!("DELETE {OFFICE}/Sent")).await.ends(&permanent(&format!("{OFFICE}/Sent")));
    bo.say(&format!("CREATE {OFFICE}"))
        .await
        .ends(&format!("NO [ALREADYEXISTS] There is a mailbox {OFFICE} already"));
    bo.say(&format!("CREATE {OFFICE}/inbox"))
        .await
        .ends(&format!("NO [CANNOT] The INBOX is here already: it is called {OFFICE}."));
    bo.say(&format!("RENAME {OFFICE} {OFFICE}/Gammalt")).await.ends("NO [NOPERM]");
    bo.say(&format!("CREATE {OFFICE}/Skickat"))
        .await
        .ends(&format!("NO [CANNOT] That mailbox is here already and is called {OFFICE}/Sent;"));
    bo.ok(&format!("CREATE {OFFICE}/2026/Våren")).await;
    bo.say(&format!("RENAME {OFFICE}/2026 {OFFICE}/Trash"))
        .await
        .ends(&format!("NO [ALREADYEXISTS] There is a mailbox {OFFICE}/Trash already"));
    bo.ok(&format!("RENAME {OFFICE}/2026 {OFFICE}/2027")).await;
    bo.ok(&format!("DELETE {OFFICE}/2027/Våren")).await;
    // The list of members is the administration's.
    for command in ["GETACL", "LISTRIGHTS", "SETACL", "DELETEACL"] {
        let rest = match command {
            "GETACL" => "",
            "SETACL" => " ada.oqvist@skola.test lr",
            _ => " ada.oqvist@skola.test",
        };
        bo.say(&format!("{command} {OFFICE}{rest}")).await.ends("NO [NOPERM]");
    }
    let mut ada = town.log_in("ada.oqvist").await;
    ada.ok("LIST \"\" De*").await.is(&[]);
    ada.say(&format!("SELECT {OFFICE}")).await.ends("NO [NONEXISTENT]");
    ada.say(&format!("CREATE {OFFICE}/INBOX")).await.ends("NO [CANNOT] The name Delade/");
    ada.say("CREATE Delade/Min").await.ends("NO [CANNOT]");
    ada.say("CREATE Andra").await.ends("NO [CANNOT]");
    ada.say("RENAME Archive Andra/Arkiv").await.ends("NO [CANNOT]");
}

#[tokio::test]
async fn what_one_member_has_read_the_others_see_as_read() {
    let town = Town::open().await;
    town.join_office("bo.ek@skola.test", "lrswip").await;
    town.join_office(ADA, "lr").await;
    town.file_in_office("ett").await;
    let (mut bo, mut ada) = (town.log_in("bo.ek").await, town.log_in("ada.oqvist").await);
    ada.ok(&format!("SELECT {OFFICE}")).await.ends("OK [READ-ONLY]");
    ada.ok("FETCH 1 BODY[]").await;
    ada.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
    ada.say("STORE 1 +FLAGS (\\Seen)").await.ends("NO [READ-ONLY]");
    bo.ok(&format!("SELECT {OFFICE}")).await.ends("OK [READ-WRITE]");
    bo.ok("FETCH 1 BODY[]").await;
    ada.ok("NOOP").await.has("* 1 FETCH (FLAGS (\\Seen \\Recent))");
}

#[tokio::test]
async fn room_is_the_owners() {
    let town = Town::open().await;
    town.join_office("bo.ek@skola.test", "lrswi").await;
    town.set_office_quota(700).await;
    let mut bo = town.log_in("bo.ek").await;
    let root = bo.ok(&format!("GETQUOTAROOT {OFFICE}/Sent")).await;
    root.has(&format!("* QUOTAROOT {OFFICE}/Sent expedition@skola.test"));
    bo.ok("GETQUOTA expedition@skola.test").await.has(&root.untagged[1]);
    bo.say(&format!("GETQUOTA {ADA}")).await.ends("NO [NONEXISTENT]");
    let letter = format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(500));
    bo.append(OFFICE, &letter).await.ends("OK [APPENDUID");
    bo.append(OFFICE, &letter).await.ends("NO [OVERQUOTA]");
    bo.append("INBOX", &letter).await.ends("OK [APPENDUID");
    bo.ok("SELECT INBOX").await;
    bo.say(&format!("COPY 1 {OFFICE}")).await.ends("NO [OVERQUOTA]");
    bo.say(&format!("MOVE 1 {OFFICE}")).await.ends("NO [OVERQUOTA]");
}

#[tokio::test]
async fn a_colleague_is_given_a_mailbox_by_name() {
    let town = Town::open().await;
    let (mut ada, mut bo) = (town.log_in("ada.oqvist").await, town.log_in("bo.ek").await);
    let theirs = "Andra/ada.oqvist@skola.test/Läxor";
    ada.ok("CREATE Läxor/Hemligt").await;
    ada.ok("MYRIGHTS Läxor").await.has("* MYRIGHTS L&AOQ-xor lrswipkxteacd");
    bo.ok("LIST \"\" A*").await.is(&["* LIST (\\HasNoChildren \\Archive) \"/\" Archive"]);
    ada.ok("SETACL Läxor Bo.Ek@skola.test lr").await;
    ada.ok("GETACL Läxor")
        .await
        .is(&["* ACL L&AOQ-xor ada.oqvist@skola.test lrswipkxteacd bo.ek@skola.test lr"]);
    ada.ok("SETACL Läxor bo.ek@skola.test +sp").await;
    ada.ok("SETACL Läxor bo.ek@skola.test -p").await;
    ada.ok("LISTRIGHTS Läxor bo.ek@skola.test")
        .await
        .is(&["* LISTRIGHTS L&AOQ-xor bo.ek@skola.test l r s w i p k x t e a"]);
    ada.ok(&format!("LISTRIGHTS Läxor {ADA}"))
        .await
        .is(&[&format!("* LISTRIGHTS L&AOQ-xor {ADA} lrswipkxteacd")]);
    // Only what was shared, and the levels above it.
    bo.ok("LIST \"\" Andra*").await.is(&[
        "* LIST (\\Noselect \\HasChildren) \"/\" Andra",
        "* LIST (\\Noselect \\HasChildren) \"/\" Andra/ada.oqvist@skola.test",
        "* LIST (\\HasNoChildren) \"/\" Andra/ada.oqvist@skola.test/L&AOQ-xor",
    ]);
    bo.ok(&format!("MYRIGHTS {theirs}")).await.has("* MYRIGHTS Andra/ada.oqvist@skola.test/L&AOQ-xor lrs");
    bo.say("SELECT Andra/ada.oqvist@skola.test").await.ends("NO [NONEXISTENT]");
    bo.say(&format!("SELECT {theirs}/Hemligt")).await.ends("NO [NONEXISTENT]");
    bo.ok(&format!("SELECT {theirs}")).await;
    // The rights stay when the mailbox gets another name, and go with it.
    ada.ok("RENAME Läxor Uppgifter").await;
    bo.ok("MYRIGHTS Andra/ada.oqvist@skola.test/Uppgifter").await;
    bo.say(&format!("STATUS {theirs} (MESSAGES)")).await.ends("NO [NONEXISTENT]");
    bo.ok("UNSELECT").await;
    ada.ok("DELETEACL Uppgifter bo.ek@skola.test").await;
    bo.ok("LIST \"\" Andra*").await.is(&[]);
}

/// RFC 4314 §2.1.1: a mailbox that cannot be looked up could not be used by any other right.
#[tokio::test]
async fn who_gets_a_right_can_look_the_mailbox_up() {
    let town = Town::open().await;
    let (mut ada, mut bo) = (town.log_in("ada.oqvist").await, town.log_in("bo.ek").await);
    let theirs = "Andra/ada.oqvist@skola.test/Kurs";
    ada.ok("CREATE Kurs").await;
    ada.ok("SETACL Kurs bo.ek@skola.test r").await;
    bo.ok(&format!("SELECT {theirs}")).await;
    bo.ok("UNSELECT").await;
    ada.ok("SETACL Kurs bo.ek@skola.test +s").await;
    ada.ok("GETACL Kurs").await.has("* ACL Kurs ada.oqvist@skola.test lrswipkxteacd bo.ek@skola.test lrs");
    ada.ok("SETACL Kurs bo.ek@skola.test -l").await;
    ada.ok("GETACL Kurs").await.is(&["* ACL Kurs ada.oqvist@skola.test lrswipkxteacd"]);
    bo.say(&format!("SELECT {theirs}")).await.ends("NO [NONEXISTENT]");
    ada.ok("SETACL Kurs bo.ek@skola.test \"\"").await;
    bo.say(&format!("SELECT {theirs}")).await.ends("NO [NONEXISTENT]");
}

#[tokio::test]
async fn who_makes_a_mailbox_below_a_shared_one_sees_it() {
    let town = Town::open().await;
    let (mut ada, mut bo) = (town.log_in("ada.oqvist").await, town.log_in("bo.ek").await);
    ada.ok("CREATE Projekt").await;
    ada.ok("SETACL Projekt bo.ek@skola.test lrik").await;
    let theirs = "Andra/ada.oqvist@skola.test/Projekt";
    bo.ok(&format!("CREATE {theirs}/Bilder")).await;
    bo.append(&format!("{theirs}/Bilder"), "Subject: x\r\n\r\n").await.ends("OK [APPENDUID");
    ada.ok("STATUS Projekt/Bilder (MESSAGES)").await.has("* STATUS Projekt/Bilder (MESSAGES 1)");
    // What the owner makes there is the owner's until it is shared.
    ada.ok("CREATE Projekt/Betyg").await;
    bo.say(&format!("SELECT {theirs}/Betyg")).await.ends("NO [NONEXISTENT]");
}

#[tokio::test]
async fn a_list_names_people_of_the_same_municipality_and_nobody_else() {
    let town = Town::open().await;
    let mut ada = town.log_in("ada.oqvist").await;
    ada.ok("CREATE Delas").await;
    for (identifier, code) in [
        ("anyone", "NO [NOPERM]"),
        ("Authenticated", "NO [NOPERM]"),
        ("-bo.ek@skola.test", "NO [CANNOT]"),
        ("-anyone", "NO [CANNOT]"),
        (ADA, "NO [CANNOT]"),
        ("nobody@skola.test", "NO [NONEXISTENT]"),
        ("ute.annan@other.test", "NO [NONEXISTENT]"),
        ("expedition@skola.test", "NO [NONEXISTENT]"),
        ("elev.liten@skola.test", "NO [NOPERM]"),
    ] {
        for command in [format!("SETACL Delas {identifier} lr"), format!("SETACL Delas {identifier} +l")] {
            ada.say(&command).await.ends(code);
        }
    }
    let id = town.id("bo.ek@skola.test").await;
    ada.say(&format!("SETACL Delas {id} lr")).await.ends("NO [NONEXISTENT]");
    ada.say("SETACL Delas bo.ek@skola.test lrq").await.ends("BAD");
    // Pupils do not share.
    let mut elev = town.log_in("elev.liten").await;
    elev.ok("CREATE Mitt").await;
    elev.say("SETACL Mitt bo.ek@skola.test lr").await.ends("NO [NOPERM]");
    elev.ok("GETACL Mitt").await.is(&["* ACL Mitt elev.liten@skola.test lrswipkxteacd"]);
}

#[tokio::test]
async fn a_right_that_is_withdrawn_is_gone_at_once() {
    let town = Town::open().await;
    town.file_in_office("ett").await;
    town.join_office("bo.ek@skola.test", "lrswipkxte").await;
    // Waiting in IDLE.
    let mut idle = town.log_in("bo.ek").await;
    idle.ok(&format!("SELECT {OFFICE}")).await;
    idle.send("i IDLE\r\n").await;
    assert_eq!(idle.line().await, "+ idling");
    // Between two commands.
    let mut busy = town.log_in("bo.ek").await;
    busy.ok(&format!("SELECT {OFFICE}")).await;
    busy.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    // Half-way in a letter.
    let mut writes = town.log_in("bo.ek").await;
    writes.send(&format!("a APPEND {OFFICE} {{13}}\r\n")).await;
    assert!(writes.line().await.starts_with("+ "));
    // Less is not nothing: the mailbox stays open for reading.
    town.join_office("bo.ek@skola.test", "lr").await;
    busy.say("EXPUNGE").await.ends("NO [NOPERM]");
    busy.say("STORE 1 +FLAGS (\\Seen)").await.ends("NO [NOPERM]");
    writes.send("Subject: x\r\n\r\n\r\n").await;
    assert!(writes.line().await.starts_with("a NO [NOPERM]"));
    busy.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Deleted))"]);
    town.join_office("bo.ek@skola.test", "").await;
    let mut heard = idle.line().await;
    while heard.starts_with("* 1 FETCH") {
        heard = idle.line().await;
    }
    let ended = "* BYE [NOPERM] You no longer have access to this mailbox.";
    assert!(heard.starts_with(ended), "{heard}");
    assert!(busy.say_and_hear_bye("FETCH 1 BODY.PEEK[]").await.starts_with(ended));
    let mut closes = town.log_in("bo.ek").await;
    closes.say(&format!("SELECT {OFFICE}")).await.ends("NO [NONEXISTENT]");
}

#[tokio::test]
async fn who_answers_for_a_function_replaces_and_deletes_drafts() {
    let town = Town::open().await;
    town.join_office("bo.ek@skola.test", "lrswip").await;
    let mut bo = town.log_in("bo.ek").await;
    let drafts = format!("{OFFICE}/Drafts");
    bo.ok(&format!("MYRIGHTS {drafts}")).await.is(&[&format!("* MYRIGHTS {drafts} lrswipted")]);
    bo.append(&format!("{drafts} (\\Draft)"), "Subject: utkast\r\n\r\n").await.ends("OK [APPENDUID");
    bo.ok(&format!("SELECT {drafts}")).await;
    bo.say(&format!("REPLACE 1 {drafts} (\\Draft) {{20+}}\r\nSubject: bättre\r\n\r\n")).await.ends("OK");
    bo.ok(&format!("MOVE 1 {OFFICE}/Trash")).await;
    bo.append(&drafts, "Subject: ett till\r\n\r\n").await.ends("OK [APPENDUID");
    bo.ok("STORE 1 +FLAGS (\\Deleted)").await;
    bo.ok("EXPUNGE").await.has("* 1 EXPUNGE");
    // Only there.
    town.file_in_office("ett").await;
    bo.ok(&format!("SELECT {OFFICE}")).await;
    bo.say("STORE 1 +FLAGS (\\Deleted)").await.ends("NO [NOPERM]");
}

#[tokio::test]
async fn close_expunges_only_with_the_right() {
    let town = Town::open().await;
    town.file_in_office("ett").await;
    town.join_office("bo.ek@skola.test", "lrste").await;
    let mut bo = town.log_in("bo.ek").await;
    bo.ok(&format!("SELECT {OFFICE}")).await;
    bo.ok("STORE 1 +FLAGS (\\Deleted)").await;
    town.join_office("bo.ek@skola.test", "lrst").await;
    bo.ok("CLOSE").await;
    bo.ok(&format!("STATUS {OFFICE} (MESSAGES DELETED)"))
        .await
        .has(&format!("* STATUS {OFFICE} (MESSAGES 1 DELETED 1)"));
}
