//! Commands in the one spelling that the tests compare.

use std::fmt::Display;
use std::io::Write;

use imap_wire::command::{List, MessageSet, Numbering, Request};
use imap_wire::{Command, Enabled, ListPattern, encode, encode_mutf7};
use model::{FlagSet, MailboxName};

use super::print_mailboxes;
use super::print_messages::{fetch, search, select, sort, store, thread};

/// The command without its tag and without the line end.
pub(crate) fn command(command: &Command) -> Vec<u8> {
    let mut out = Vec::new();
    match command {
        Command::Capability => out.extend_from_slice(b"CAPABILITY"),
        Command::Noop => out.extend_from_slice(b"NOOP"),
        Command::Logout => out.extend_from_slice(b"LOGOUT"),
        Command::StartTls => out.extend_from_slice(b"STARTTLS"),
        Command::Idle => out.extend_from_slice(b"IDLE"),
        Command::Authenticate { mechanism, initial } => {
            put(&mut out, "AUTHENTICATE ");
            put(&mut out, mechanism.map_or("OTHER".to_owned(), |known| format!("{known:?}").to_uppercase()));
            if let Some(initial) = initial {
                out.push(b' ');
                out.extend_from_slice(initial.expose());
            }
        }
        Command::Login(credentials) => request_to(&Request::Authenticate(credentials.clone()), &mut out),
        Command::Id(pairs) if pairs.is_empty() => put(&mut out, "ID NIL"),
        Command::Id(pairs) => {
            put(&mut out, "ID (");
            for (place, (field, value)) in pairs.iter().enumerate() {
                put(&mut out, if place > 0 { " " } else { "" });
                string(field, &mut out);
                out.push(b' ');
                match value {
                    Some(value) => string(value, &mut out),
                    None => put(&mut out, "NIL"),
                }
            }
            out.push(b')');
        }
        Command::Enable(names) => put(&mut out, format!("ENABLE {}", names.join(" "))),
        Command::Append(_) => {}
        Command::SetQuota { root, limits } => {
            put(&mut out, "SETQUOTA ");
            string(root, &mut out);
            let limits: Vec<_> = limits.iter().map(|(name, limit)| format!("{name} {limit}")).collect();
            put(&mut out, format!(" ({})", limits.join(" ")));
        }
        Command::Ask(request) => request_to(request, &mut out),
    }
    out
}

pub(crate) fn request(request: &Request) -> Vec<u8> {
    let mut out = Vec::new();
    request_to(request, &mut out);
    out
}

fn request_to(request: &Request, out: &mut Vec<u8>) {
    match request {
        Request::Authenticate(credentials) => {
            put(out, "LOGIN ");
            string(&credentials.username, out);
            out.push(b' ');
            string(credentials.password.expose(), out);
            if let Some(other) = &credentials.on_behalf_of {
                put(out, format!(" AS {other}"));
            }
        }
        Request::Noop => put(out, "NOOP"),
        Request::Check => put(out, "CHECK"),
        Request::Select(select) => {
            named(if select.read_only { "EXAMINE" } else { "SELECT" }, &select.mailbox, out);
            self::select(select, out);
        }
        Request::Delete(mailbox) => named("DELETE", mailbox, out),
        Request::Rename { from, to } => {
            named("RENAME", from, out);
            out.push(b' ');
            encode::mailbox(to, Enabled::default(), out);
        }
        Request::Subscribe(mailbox) => named("SUBSCRIBE", mailbox, out),
        Request::Unsubscribe(mailbox) => named("UNSUBSCRIBE", mailbox, out),
        Request::List(what) => list(what, out),
        Request::Lsub(lsub) => {
            put(out, "LSUB \"\" ");
            pattern(&lsub.pattern, out);
        }
        Request::Namespace => put(out, "NAMESPACE"),
        Request::GetQuota { root } => {
            put(out, "GETQUOTA ");
            string(root, out);
        }
        Request::GetQuotaRoot(mailbox) => named("GETQUOTAROOT", mailbox, out),
        Request::Close { expunge } => put(out, if *expunge { "CLOSE" } else { "UNSELECT" }),
        Request::Expunge { uids: None } => put(out, "EXPUNGE"),
        Request::Expunge { uids: Some(uids) } => put(out, format!("UID EXPUNGE {uids}")),
        Request::Search(what) => search(what, out),
        Request::Sort(what) => sort(what, out),
        Request::Thread(what) => thread(what, out),
        Request::CancelUpdate(tags) => {
            put(out, "CANCELUPDATE");
            for tag in tags {
                out.push(b' ');
                string(tag, out);
            }
        }
        Request::Fetch(what) => fetch(what, out),
        Request::Store(what) => store(what, out),
        Request::Copy { messages, to } => {
            numbered("COPY", messages, out);
            encode::mailbox(to, Enabled::default(), out);
        }
        Request::Move { messages, to } => {
            numbered("MOVE", messages, out);
            encode::mailbox(to, Enabled::default(), out);
        }
        other => assert!(print_mailboxes::request(other, out), "no spelling for {other:?}"),
    }
}

pub(super) fn put(out: &mut Vec<u8>, text: impl Display) {
    write!(out, "{text}").unwrap();
}
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    encode::string(text.as_bytes(), out);
}
pub(super) fn named(verb: &str, mailbox: &MailboxName, out: &mut Vec<u8>) {
    put(out, verb);
    out.push(b' ');
    encode::mailbox(mailbox, Enabled::default(), out);
}
pub(super) fn mailbox(mailbox: &MailboxName, out: &mut Vec<u8>) {
    encode::mailbox(mailbox, Enabled::default(), out);
}
pub(super) fn uid(numbering: Numbering) -> &'static str {
    if numbering == Numbering::Uid { "UID " } else { "" }
}
pub(super) fn numbered(verb: &str, messages: &MessageSet, out: &mut Vec<u8>) {
    put(out, format!("{}{verb} {} ", uid(messages.numbering), messages.numbers));
}
pub(super) fn flag_list(flags: &FlagSet, out: &mut Vec<u8>) {
    if !flags.is_empty() {
        put(out, format!(" ({flags})"));
    }
}
fn pattern(pattern: &ListPattern, out: &mut Vec<u8>) {
    let mut wire = Vec::new();
    encode_mutf7(pattern.as_str(), &mut wire);
    encode::string(&wire, out);
}

fn list(list: &List, out: &mut Vec<u8>) {
    put(out, "LIST ");
    let (select, give) = (&list.select, &list.give);
    let words = [
        (select.subscribed, "SUBSCRIBED"),
        (select.remote, "REMOTE"),
        (select.recursive_match, "RECURSIVEMATCH"),
        (select.special_use, "SPECIAL-USE"),
    ];
    if words.iter().any(|(set, _)| *set) {
        options(&words, out);
        out.push(b' ');
    }
    put(out, "\"\" ");
    if let [one] = &list.patterns[..] {
        pattern(one, out);
    } else {
        out.push(b'(');
        for (place, one) in list.patterns.iter().enumerate() {
            put(out, if place > 0 { " " } else { "" });
            pattern(one, out);
        }
        out.push(b')');
    }
    print_mailboxes::list_return(give, out);
}
fn options(words: &[(bool, &str)], out: &mut Vec<u8>) {
    let words: Vec<_> = words.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
    put(out, format!("({})", words.join(" ")));
}
