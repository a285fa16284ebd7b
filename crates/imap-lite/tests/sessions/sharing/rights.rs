//! Every command on a mailbox of somebody else, with every right taken away in turn (RFC 4314 §4).
//!
//! Without a right that the command needs the answer is NOPERM. Without `l` it is what a mailbox that does not exist gets,
//! word for word. Without any other right it works.

use model::{MailboxName, MailboxRef, Right, Rights};
use tokio::net::TcpStream;

use super::everyone::Town;
use crate::support::{Client, letter, now};
use Right as R;

/// What a case does, `{}` being the mailbox, and what it needs besides `l`. A line before the last prepares.
const CASES: &[(&str, &[Right])] = &[
    ("SELECT {}", &[R::Read]),
    ("EXAMINE {}", &[R::Read]),
    ("STATUS {} (MESSAGES SIZE HIGHESTMODSEQ)", &[R::Read]),
    ("GETQUOTAROOT {}", &[R::Read]),
    ("MYRIGHTS {}", &[]),
    ("GETACL {}", &[R::Administer]),
    ("SETACL {} cia.al@skola.test lr", &[R::Administer]),
    ("DELETEACL {} cia.al@skola.test", &[R::Administer]),
    ("LISTRIGHTS {} cia.al@skola.test", &[R::Administer]),
    ("GETMETADATA {} /shared/comment", &[R::Read]),
    ("SETMETADATA {} (/shared/comment \"x\")", &[R::Read, R::Write]),
    ("SETMETADATA {} (/private/comment \"x\")", &[R::Read]),
    ("APPEND {} {14+}\r\nSubject: x\r\n\r\n", &[R::Insert]),
    ("SELECT INBOX|COPY 1 {}", &[R::Insert]),
    ("SELECT INBOX|UID COPY 1 {}", &[R::Insert]),
    ("SELECT INBOX|MOVE 1 {}", &[R::Insert]),
    ("SELECT INBOX|REPLACE 1 {} {14+}\r\nSubject: x\r\n\r\n", &[R::Insert]),
    ("SELECT {}|REPLACE 1 INBOX {14+}\r\nSubject: x\r\n\r\n", &[R::Read, R::DeleteMessages, R::Expunge]),
    ("SELECT {}|FETCH 1 BODY[]", &[R::Read]),
    ("SELECT {}|STORE 1 +FLAGS (\\Seen)", &[R::Read, R::KeepSeen]),
    ("SELECT {}|STORE 1 FLAGS (\\Seen)", &[R::Read, R::KeepSeen]),
    ("SELECT {}|STORE 1 -FLAGS (\\Seen)", &[R::Read, R::KeepSeen]),
    ("SELECT {}|STORE 1 +FLAGS (\\Deleted)", &[R::Read, R::DeleteMessages]),
    ("SELECT {}|STORE 1 +FLAGS.SILENT (\\Flagged)", &[R::Read, R::Write]),
    ("SELECT {}|UID STORE 1 +FLAGS ($Forwarded)", &[R::Read, R::Write]),
    ("SELECT {}|EXPUNGE", &[R::Read, R::Expunge]),
    ("SELECT {}|UID EXPUNGE 1", &[R::Read, R::Expunge]),
    ("SELECT {}|CLOSE", &[R::Read]),
    ("SELECT {}|UNSELECT", &[R::Read]),
    ("SELECT {}|COPY 1 INBOX", &[R::Read]),
    ("SELECT {}|MOVE 1 INBOX", &[R::Read, R::DeleteMessages, R::Expunge]),
    ("SELECT {}|SEARCH SUBJECT ett", &[R::Read]),
    ("CREATE {}/Under", &[R::Create]),
    ("DELETE {}", &[R::Delete]),
    ("RENAME {}/Gren {}/Annan", &[R::Delete, R::Create]),
];

#[tokio::test]
async fn every_command_with_every_right_taken_away() {
    for (case, needs) in CASES {
        let town = Town::open().await;
        let mut bo = town.log_in("bo.ek").await;
        for (number, missing) in Right::ALL.into_iter().enumerate() {
            bo.append("INBOX", "Subject: egen\r\n\r\n").await;
            let rights = Rights::ALL.without(Rights::NONE.with(missing));
            let name = shared(&town, &format!("M{number}"), rights).await;
            let answer = play(&mut bo, case, &name).await;
            let shown = format!("{case} without {}: {answer}", missing.letter());
            if missing == R::Lookup {
                let nobody = play(&mut bo, case, &name.replace('M', "N")).await;
                assert_eq!(answer.replace('M', "N"), nobody, "{shown}");
                let nothing_there = ["NO [NONEXISTENT]", "NO [TRYCREATE]", "NO [CANNOT]"];
                assert!(nothing_there.iter().any(|start| answer.starts_with(start)), "{shown}");
            } else if needs.contains(&missing) {
                assert!(answer.starts_with("NO [NOPERM]"), "{shown}");
            } else {
                assert!(answer.starts_with("OK"), "{shown}");
            }
            // Exactly what it needs is enough.
            if missing == Right::ALL[0] {
                let least: Rights = needs.iter().copied().chain([R::Lookup]).collect();
                let name = shared(&town, &format!("L{number}"), least).await;
                let answer = play(&mut bo, case, &name).await;
                assert!(answer.starts_with("OK"), "{case} with {least}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn lists_show_what_may_be_looked_up_and_no_more() {
    let town = Town::open().await;
    let mut bo = town.log_in("bo.ek").await;
    let all = "LIST \"\" (*) RETURN (MYRIGHTS STATUS (MESSAGES) METADATA (/shared/comment))";
    for missing in Right::ALL {
        let rights = Rights::ALL.without(Rights::NONE.with(missing));
        let name = shared(&town, &format!("M{}", missing.letter()), rights).await;
        let mut ada = town.log_in("ada.oqvist").await;
        ada.ok(&format!("SETMETADATA M{} (/shared/comment \"hemligt\")", missing.letter())).await;
        let said = bo.ok(all).await.untagged;
        let of_it: Vec<_> =
            said.into_iter().filter(|line| line.contains(&name) && !line.contains("Gren")).collect();
        let lines = match missing {
            R::Lookup => 0,
            // LIST and MYRIGHTS.
            R::Read => 2,
            _ => 4,
        };
        assert_eq!(of_it.len(), lines, "{missing:?}: {of_it:#?}");
        let subscribed = bo.ok(&format!("LSUB \"\" {name}")).await.untagged;
        assert!(subscribed.is_empty());
    }
    let mut cia = town.log_in("cia.al").await;
    assert!(!cia.ok(all).await.untagged.iter().any(|line| line.contains("Andra")));
}

#[tokio::test]
async fn flags_that_may_not_be_set_are_left_out() {
    let town = Town::open().await;
    let mut bo = town.log_in("bo.ek").await;
    let name = shared(&town, "Mapp", "lrsi".parse().unwrap()).await;
    bo.append(&format!("{name} (\\Seen \\Flagged \\Deleted $Junk)"), "Subject: x\r\n\r\n").await.ends("OK");
    bo.ok(&format!("SELECT {name}")).await;
    bo.ok("FETCH 3 FLAGS").await.is(&["* 3 FETCH (FLAGS (\\Seen \\Recent))"]);
    bo.ok("STORE 1 +FLAGS (\\Seen \\Flagged)").await.is(&["* 1 FETCH (FLAGS (\\Seen \\Recent))"]);
    bo.append("INBOX (\\Seen \\Flagged)", "Subject: x\r\n\r\n").await.ends("OK");
    bo.ok("SELECT INBOX").await;
    bo.ok(&format!("COPY 1 {name}")).await;
    bo.ok(&format!("MOVE 1 {name}")).await;
    bo.ok(&format!("SELECT {name}")).await;
    bo.ok("FETCH 4:5 FLAGS")
        .await
        .is(&["* 4 FETCH (FLAGS (\\Seen \\Recent))", "* 5 FETCH (FLAGS (\\Seen \\Recent))"]);
    // Reading marks as read only where that may be kept.
    let name = shared(&town, "Mapp2", "lrw".parse().unwrap()).await;
    bo.ok(&format!("SELECT {name}")).await;
    bo.ok("FETCH 1 BODY[]").await;
    bo.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
}

#[tokio::test]
async fn programs_are_told_which_flags_they_may_change() {
    let town = Town::open().await;
    let mut bo = town.log_in("bo.ek").await;
    for (rights, flags, mode) in [
        ("lr", "", "READ-ONLY"),
        ("lrs", "\\Seen", "READ-WRITE"),
        ("lrt", "\\Deleted", "READ-WRITE"),
        ("lri", "", "READ-WRITE"),
        ("lrswip", "\\Answered \\Flagged \\Seen \\Draft $Egen \\*", "READ-WRITE"),
        ("lrswite", "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Egen \\*", "READ-WRITE"),
    ] {
        let name = shared(&town, &format!("R{rights}"), rights.parse().unwrap()).await;
        town.service.ada().await.append(&format!("R{rights} ($Egen)"), "Subject: x\r\n\r\n").await.ends("OK");
        let reply = bo.ok(&format!("SELECT {name}")).await;
        let told: Vec<_> = reply.untagged.iter().filter(|line| line.contains("PERMANENTFLAGS")).collect();
        assert!(told[0].starts_with(&format!("* OK [PERMANENTFLAGS ({flags})] ")), "{rights}: {told:?}");
        reply.ends(&format!("OK [{mode}]"));
    }
    // The same when others bring new words.
    let name = shared(&town, "Ny", "lrs".parse().unwrap()).await;
    bo.ok(&format!("SELECT {name}")).await;
    town.service.ada().await.append("Ny ($Annan)", "Subject: x\r\n\r\n").await.ends("OK");
    bo.ok("NOOP").await.has("* OK [PERMANENTFLAGS (\\Seen)] Flags are kept");
}

/// A mailbox of Ada's with two letters and a branch, shared with Bo; its name for Bo.
async fn shared(town: &Town, name: &str, rights: Rights) -> String {
    let (mailboxes, service) = (&town.service.mailboxes, &town.service);
    let bo = town.id("bo.ek@skola.test").await;
    let mut made: Option<MailboxRef> = None;
    for name in [name.to_owned(), format!("{name}/Gren")] {
        let name = MailboxName::parse(&name).unwrap();
        let mailbox = mailboxes.create(service.tenant, service.ada, &name, now()).await.unwrap();
        mailboxes.set_rights(mailbox, bo, rights, now()).await.unwrap();
        made.get_or_insert(mailbox);
    }
    service.file_into(made.unwrap(), &[&letter("ett"), &letter("tva")]).await;
    format!("Andra/ada.oqvist@skola.test/{name}")
}

/// The first answer that is not OK, or the last one.
async fn play(client: &mut Client<TcpStream>, case: &str, name: &str) -> String {
    let mut answer = String::new();
    for line in case.split('|') {
        answer = client.say(&line.replace("{}", name)).await.tagged;
        if !answer.starts_with("OK") {
            break;
        }
    }
    answer
}
