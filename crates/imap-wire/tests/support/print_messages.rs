//! Commands about messages of the selected mailbox, in the one spelling that the tests compare.

use imap_wire::command::{
    Fetch, FetchItem, Partial, Search, SearchKey, SearchReturn, Section, Select, Sort, SortBy, Store, Thread,
    ThreadAlgorithm,
};
use model::FlagPatch;

use super::print::{numbered, put, string, uid};

/// What stands behind the mailbox.
pub(super) fn select(select: &Select, out: &mut Vec<u8>) {
    let mut parameters = Vec::new();
    parameters.extend(select.condstore.then(|| "CONDSTORE".to_owned()));
    if let Some(known) = &select.qresync {
        let mut text = format!("QRESYNC ({} {}", known.uid_validity, known.mod_seq);
        if let Some(uids) = &known.known_uids {
            text.push_str(&format!(" {uids}"));
        }
        if let Some((places, uids)) = &known.seq_match {
            text.push_str(&format!(" ({places} {uids})"));
        }
        parameters.push(text + ")");
    }
    if !parameters.is_empty() {
        put(out, format!(" ({})", parameters.join(" ")));
    }
}

pub(super) fn search(search: &Search, out: &mut Vec<u8>) {
    put(out, format!("{}SEARCH ", uid(search.numbering)));
    returns(search.returns, out);
    program(&search.key, out);
}

pub(super) fn sort(sort: &Sort, out: &mut Vec<u8>) {
    put(out, format!("{}SORT ", uid(sort.numbering)));
    returns(sort.returns, out);
    let name = |by: SortBy| SortBy::ALL.iter().find(|(known, _)| *known == by).unwrap().1;
    let criteria: Vec<_> = sort
        .criteria
        .iter()
        .map(|one| format!("{}{}", if one.reverse { "REVERSE " } else { "" }, name(one.by)))
        .collect();
    put(out, format!("({}) UTF-8 ", criteria.join(" ")));
    program(&sort.key, out);
}

pub(super) fn thread(thread: &Thread, out: &mut Vec<u8>) {
    let name = ThreadAlgorithm::ALL.iter().find(|(known, _)| *known == thread.algorithm).unwrap().1;
    put(out, format!("{}THREAD {name} UTF-8 ", uid(thread.numbering)));
    program(&thread.key, out);
}

fn program(program: &SearchKey, out: &mut Vec<u8>) {
    match program {
        SearchKey::And(keys) => key_list(keys, out),
        other => key(other, out),
    }
}

fn returns(returns: Option<SearchReturn>, out: &mut Vec<u8>) {
    let Some(asked) = returns else { return };
    let words = [
        (asked.min, "MIN"),
        (asked.max, "MAX"),
        (asked.all, "ALL"),
        (asked.count, "COUNT"),
        (asked.save, "SAVE"),
        (asked.update, "UPDATE"),
        (asked.context, "CONTEXT"),
    ];
    let mut words: Vec<_> =
        words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned()).collect();
    words.extend(asked.partial.map(|range| format!("PARTIAL {range}")));
    put(out, format!("RETURN ({}) ", words.join(" ")));
}

pub(super) fn fetch(fetch: &Fetch, out: &mut Vec<u8>) {
    numbered("FETCH", &fetch.messages, out);
    out.push(b'(');
    for (place, item) in fetch.items.iter().enumerate() {
        put(out, if place > 0 { " " } else { "" });
        self::item(item, out);
    }
    out.push(b')');
    let modifiers = [
        fetch.changed_since.map(|mod_seq| format!("CHANGEDSINCE {mod_seq}")),
        fetch.vanished.then(|| "VANISHED".to_owned()),
        fetch.partial.map(|range| format!("PARTIAL {range}")),
    ];
    let modifiers: Vec<_> = modifiers.into_iter().flatten().collect();
    if !modifiers.is_empty() {
        put(out, format!(" ({})", modifiers.join(" ")));
    }
}

/// One item.
pub(super) fn item(item: &FetchItem, out: &mut Vec<u8>) {
    match item {
        FetchItem::Envelope => put(out, "ENVELOPE"),
        FetchItem::Flags => put(out, "FLAGS"),
        FetchItem::InternalDate => put(out, "INTERNALDATE"),
        FetchItem::Rfc822 => put(out, "RFC822"),
        FetchItem::Rfc822Header => put(out, "RFC822.HEADER"),
        FetchItem::Rfc822Text => put(out, "RFC822.TEXT"),
        FetchItem::Rfc822Size => put(out, "RFC822.SIZE"),
        FetchItem::Body => put(out, "BODY"),
        FetchItem::BodyStructure => put(out, "BODYSTRUCTURE"),
        FetchItem::Uid => put(out, "UID"),
        FetchItem::BodySection { section, partial, peek } => {
            put(out, format!("BODY{}[{section}]", if *peek { ".PEEK" } else { "" }));
            octets(*partial, out);
        }
        FetchItem::ModSeq => put(out, "MODSEQ"),
        FetchItem::EmailId => put(out, "EMAILID"),
        FetchItem::ThreadId => put(out, "THREADID"),
        FetchItem::SaveDate => put(out, "SAVEDATE"),
        FetchItem::Preview { lazy } => put(out, if *lazy { "PREVIEW (LAZY)" } else { "PREVIEW" }),
        FetchItem::Binary { part, partial, peek } => {
            let name = if *peek { "BINARY.PEEK" } else { "BINARY" };
            put(out, format!("{name}[{}]", Section { part: part.clone(), text: None }));
            octets(*partial, out);
        }
        FetchItem::BinarySize { part } => {
            put(out, format!("BINARY.SIZE[{}]", Section { part: part.clone(), text: None }));
        }
    }
}

fn octets(partial: Option<Partial>, out: &mut Vec<u8>) {
    if let Some(partial) = partial {
        put(out, format!("<{}.{}>", partial.start, partial.length));
    }
}

pub(super) fn store(store: &Store, out: &mut Vec<u8>) {
    numbered("STORE", &store.messages, out);
    if let Some(mod_seq) = store.unchanged_since {
        put(out, format!("(UNCHANGEDSINCE {mod_seq}) "));
    }
    let (sign, flags) = match &store.patch {
        FlagPatch::Replace(flags) => ("", flags),
        FlagPatch::Add(flags) => ("+", flags),
        FlagPatch::Remove(flags) => ("-", flags),
    };
    put(out, format!("{sign}FLAGS{} ({flags})", if store.silent { ".SILENT" } else { "" }));
}

fn key_list(keys: &[SearchKey], out: &mut Vec<u8>) {
    for (place, one) in keys.iter().enumerate() {
        put(out, if place > 0 { " " } else { "" });
        key(one, out);
    }
}

fn key(key_: &SearchKey, out: &mut Vec<u8>) {
    let mut text = |word: &str, value: &str| {
        put(out, format!("{word} "));
        string(value, out);
    };
    match key_ {
        SearchKey::Bcc(value) => text("BCC", value),
        SearchKey::Cc(value) => text("CC", value),
        SearchKey::From(value) => text("FROM", value),
        SearchKey::To(value) => text("TO", value),
        SearchKey::Subject(value) => text("SUBJECT", value),
        SearchKey::Body(value) => text("BODY", value),
        SearchKey::Text(value) => text("TEXT", value),
        SearchKey::Header { name, value } => {
            text("HEADER", name);
            out.push(b' ');
            string(value, out);
        }
        SearchKey::And(keys) => {
            out.push(b'(');
            key_list(keys, out);
            out.push(b')');
        }
        SearchKey::Or(first, second) => {
            put(out, "OR ");
            key(first, out);
            out.push(b' ');
            key(second, out);
        }
        SearchKey::Not(not) => {
            put(out, "NOT ");
            key(not, out);
        }
        SearchKey::Flag { flag, set } => {
            put(out, format!("{}{}", if *set { "" } else { "UN" }, flag.name()[1..].to_uppercase()));
        }
        SearchKey::Keyword { keyword, set } => {
            put(out, format!("{}KEYWORD {}", if *set { "" } else { "UN" }, keyword.as_str()));
        }
        SearchKey::Sequence(set) => put(out, set),
        SearchKey::Uid(set) => put(out, format!("UID {set}")),
        SearchKey::All => put(out, "ALL"),
        SearchKey::Recent => put(out, "RECENT"),
        SearchKey::New => put(out, "NEW"),
        SearchKey::Old => put(out, "OLD"),
        SearchKey::Before(date) => put(out, format!("BEFORE {date}")),
        SearchKey::On(date) => put(out, format!("ON {date}")),
        SearchKey::Since(date) => put(out, format!("SINCE {date}")),
        SearchKey::SentBefore(date) => put(out, format!("SENTBEFORE {date}")),
        SearchKey::SentOn(date) => put(out, format!("SENTON {date}")),
        SearchKey::SentSince(date) => put(out, format!("SENTSINCE {date}")),
        SearchKey::Larger(size) => put(out, format!("LARGER {size}")),
        SearchKey::Smaller(size) => put(out, format!("SMALLER {size}")),
        SearchKey::Saved => put(out, "$"),
        SearchKey::Older(seconds) => put(out, format!("OLDER {seconds}")),
        SearchKey::Younger(seconds) => put(out, format!("YOUNGER {seconds}")),
        SearchKey::SavedBefore(date) => put(out, format!("SAVEDBEFORE {date}")),
        SearchKey::SavedOn(date) => put(out, format!("SAVEDON {date}")),
        SearchKey::SavedSince(date) => put(out, format!("SAVEDSINCE {date}")),
        SearchKey::SaveDateSupported => put(out, "SAVEDATESUPPORTED"),
        SearchKey::EmailId(id) => put(out, format!("EMAILID {id}")),
        SearchKey::ThreadId(id) => put(out, format!("THREADID {id}")),
        SearchKey::ModSeq(mod_seq) => put(out, format!("MODSEQ {mod_seq}")),
        SearchKey::Fuzzy(fuzzy) => {
            put(out, "FUZZY ");
            key(fuzzy, out);
        }
    }
}
