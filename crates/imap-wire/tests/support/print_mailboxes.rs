//! Commands about whole mailboxes, and APPEND, in the one spelling that the tests compare.

use imap_wire::command::{
    Append, AppendMessage, CatenatePart, GetMetadata, ListMetadata, ListReturn, MetadataDepth, Notify,
    NotifyEvents, NotifyFilter, NotifyGroup, Request, RightsChange, SetAcl, SetMetadata, StatusItem,
};
use model::{MailboxName, SpecialUse};

use super::print::{flag_list, mailbox, named, put, string, uid};
use super::print_messages::item;

/// True if the request was one of these.
pub(super) fn request(request: &Request, out: &mut Vec<u8>) -> bool {
    match request {
        Request::Create { mailbox, special_use } => create(mailbox, special_use, out),
        Request::Status { mailbox, items } => {
            named("STATUS", mailbox, out);
            put(out, format!(" ({})", status_items(items)));
        }
        Request::AppendStart(append) => append_start(append, out),
        Request::AppendMore(message) => {
            put(out, "append more");
            append_message(message, out);
        }
        Request::AppendPart(CatenatePart::Text { bytes }) => put(out, format!("append TEXT {{{bytes}}}")),
        Request::AppendPart(CatenatePart::Url(url)) => {
            put(out, "append URL ");
            string(url, out);
        }
        Request::AppendFinish => put(out, "append finish"),
        Request::AppendAbort => put(out, "append abort"),
        Request::GetAcl(mailbox) => named("GETACL", mailbox, out),
        Request::MyRights(mailbox) => named("MYRIGHTS", mailbox, out),
        Request::SetAcl(what) => set_acl(what, out),
        Request::DeleteAcl { mailbox, identifier } => with_identifier("DELETEACL", mailbox, identifier, out),
        Request::ListRights { mailbox, identifier } => {
            with_identifier("LISTRIGHTS", mailbox, identifier, out)
        }
        Request::GetMetadata(what) => get_metadata(what, out),
        Request::SetMetadata(what) => set_metadata(what, out),
        Request::Notify(what) => notify(what, out),
        Request::Compress => put(out, "COMPRESS DEFLATE"),
        _ => return false,
    }
    true
}

fn create(mailbox: &MailboxName, special_use: &[SpecialUse], out: &mut Vec<u8>) {
    named("CREATE", mailbox, out);
    if !special_use.is_empty() {
        let uses: Vec<_> = special_use.iter().map(|one| one.attribute()).collect();
        put(out, format!(" (USE ({}))", uses.join(" ")));
    }
}

fn status_items(items: &[StatusItem]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn list_return(give: &ListReturn, out: &mut Vec<u8>) {
    let mut words = vec![];
    for (set, word) in
        [(give.subscribed, "SUBSCRIBED"), (give.children, "CHILDREN"), (give.special_use, "SPECIAL-USE")]
    {
        words.extend(set.then(|| word.as_bytes().to_vec()));
    }
    words.extend(give.my_rights.then(|| b"MYRIGHTS".to_vec()));
    if !give.status.is_empty() {
        words.push(format!("STATUS ({})", status_items(&give.status)).into_bytes());
    }
    if let Some(ListMetadata { entries, depth, max_size }) = &give.metadata {
        let mut word = b"METADATA ".to_vec();
        metadata_options(*depth, *max_size, &mut word);
        strings(entries, &mut word);
        words.push(word);
    }
    if !words.is_empty() {
        put(out, " RETURN (");
        out.extend(words.join(&b' '));
        out.push(b')');
    }
}

fn append_start(append: &Append, out: &mut Vec<u8>) {
    match &append.replaces {
        Some(one) => put(out, format!("{}REPLACE {} ", uid(one.numbering), one.numbers)),
        None => put(out, "APPEND "),
    }
    mailbox(&append.mailbox, out);
    append_message(&append.message, out);
}

fn append_message(message: &AppendMessage, out: &mut Vec<u8>) {
    flag_list(&message.flags, out);
    if let Some(date) = message.date {
        out.push(b' ');
        date.write(out);
    }
    let bytes = message.bytes;
    match (message.catenate, message.utf8, message.binary) {
        (true, ..) => put(out, " CATENATE"),
        (_, true, _) => put(out, format!(" UTF8 (~{{{bytes}}})")),
        (.., true) => put(out, format!(" ~{{{bytes}}}")),
        _ => put(out, format!(" {{{bytes}}}")),
    }
}

fn with_identifier(verb: &str, mailbox: &MailboxName, identifier: &str, out: &mut Vec<u8>) {
    named(verb, mailbox, out);
    out.push(b' ');
    string(identifier, out);
}

fn set_acl(what: &SetAcl, out: &mut Vec<u8>) {
    with_identifier("SETACL", &what.mailbox, &what.identifier, out);
    let sign = match what.change {
        RightsChange::Replace => "",
        RightsChange::Add => "+",
        RightsChange::Remove => "-",
    };
    put(out, format!(" \"{sign}{}\"", what.rights));
}

fn or_server(name: Option<&MailboxName>, out: &mut Vec<u8>) {
    match name {
        Some(name) => mailbox(name, out),
        None => put(out, "\"\""),
    }
}

fn metadata_options(depth: MetadataDepth, max_size: Option<u32>, out: &mut Vec<u8>) {
    let depth = match depth {
        MetadataDepth::Zero => None,
        MetadataDepth::One => Some("DEPTH 1".to_owned()),
        MetadataDepth::Infinity => Some("DEPTH infinity".to_owned()),
    };
    let words: Vec<_> = max_size.map(|octets| format!("MAXSIZE {octets}")).into_iter().chain(depth).collect();
    if !words.is_empty() {
        put(out, format!("({}) ", words.join(" ")));
    }
}

fn strings(texts: &[String], out: &mut Vec<u8>) {
    out.push(b'(');
    for (place, text) in texts.iter().enumerate() {
        put(out, if place > 0 { " " } else { "" });
        string(text, out);
    }
    out.push(b')');
}

fn get_metadata(what: &GetMetadata, out: &mut Vec<u8>) {
    put(out, "GETMETADATA ");
    metadata_options(what.depth, what.max_size, out);
    or_server(what.mailbox.as_ref(), out);
    out.push(b' ');
    strings(&what.entries, out);
}

fn set_metadata(what: &SetMetadata, out: &mut Vec<u8>) {
    put(out, "SETMETADATA ");
    or_server(what.mailbox.as_ref(), out);
    put(out, " (");
    for (place, (entry, value)) in what.entries.iter().enumerate() {
        put(out, if place > 0 { " " } else { "" });
        string(entry, out);
        out.push(b' ');
        match value {
            None => put(out, "NIL"),
            Some(value) if value.contains(&0) => {
                put(out, format!("~{{{}}}\r\n", value.len()));
                out.extend_from_slice(value);
            }
            Some(value) => imap_wire::encode::string(value, out),
        }
    }
    out.push(b')');
}

fn notify(what: &Notify, out: &mut Vec<u8>) {
    let Notify::Set { status, groups } = what else { return put(out, "NOTIFY NONE") };
    put(out, "NOTIFY SET");
    put(out, if *status { " STATUS" } else { "" });
    for NotifyGroup { filter, events } in groups {
        put(out, " (");
        notify_filter(filter, out);
        out.push(b' ');
        notify_events(events, out);
        out.push(b')');
    }
}

fn notify_filter(filter: &NotifyFilter, out: &mut Vec<u8>) {
    let (word, names) = match filter {
        NotifyFilter::Selected => ("selected", None),
        NotifyFilter::SelectedDelayed => ("selected-delayed", None),
        NotifyFilter::Inboxes => ("inboxes", None),
        NotifyFilter::Personal => ("personal", None),
        NotifyFilter::Subscribed => ("subscribed", None),
        NotifyFilter::Subtree(names) => ("subtree", Some(names)),
        NotifyFilter::Mailboxes(names) => ("mailboxes", Some(names)),
    };
    put(out, word);
    for (place, name) in names.into_iter().flatten().enumerate() {
        put(out, if place > 0 { " " } else { " (" });
        mailbox(name, out);
    }
    put(out, if names.is_some() { ")" } else { "" });
}

fn notify_events(events: &NotifyEvents, out: &mut Vec<u8>) {
    if *events == NotifyEvents::default() {
        return put(out, "NONE");
    }
    let mut words = Vec::new();
    if let Some(items) = &events.message_new {
        let mut word = b"MessageNew".to_vec();
        for (place, one) in items.iter().enumerate() {
            put(&mut word, if place > 0 { " " } else { " (" });
            item(one, &mut word);
        }
        put(&mut word, if items.is_empty() { "" } else { ")" });
        words.push(word);
    }
    for (set, word) in [
        (events.message_expunge, "MessageExpunge"),
        (events.flag_change, "FlagChange"),
        (events.annotation_change, "AnnotationChange"),
        (events.mailbox_name, "MailboxName"),
        (events.subscription_change, "SubscriptionChange"),
        (events.mailbox_metadata_change, "MailboxMetadataChange"),
        (events.server_metadata_change, "ServerMetadataChange"),
    ] {
        words.extend(set.then(|| word.as_bytes().to_vec()));
    }
    out.push(b'(');
    out.extend(words.join(&b' '));
    out.push(b')');
}
