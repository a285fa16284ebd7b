//! A second parser reads what we print, and we read what it prints: both must mean the same command.
//!
//! imap-codec knows no LIST-EXTENDED and no RETURN, so those are left out, and what is younger than it; everything else of RFC 3501
//! and its extensions is in.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use imap_wire::command::{
    self, Fetch, FetchItem, Partial, Request, SearchKey, SortBy, StatusItem, ThreadAlgorithm,
};
use imap_wire::{Command, Enabled, Numbers, WireLimits};
use model::ModSeq;
use proptest::prelude::*;
use support::{generate, print};

/// Does the other parser know it?
fn known(command: &Command) -> bool {
    match command {
        Command::StartTls => false,
        Command::Ask(Request::List(list)) => {
            list.patterns.len() == 1 && list.select == Default::default() && list.give == Default::default()
        }
        Command::Ask(request) => known_request(request),
        _ => true,
    }
}

fn known_request(request: &Request) -> bool {
    match request {
        Request::Select(select) => select.qresync.as_ref().is_none_or(|known| known.mod_seq > ModSeq(0)),
        Request::Expunge { uids } => *uids != Some(Numbers::Saved),
        Request::Fetch(fetch) => fetch.messages.numbers != Numbers::Saved && known_fetch(fetch),
        Request::Store(store) => store.messages.numbers != Numbers::Saved,
        Request::Copy { messages, .. } | Request::Move { messages, .. } => messages.numbers != Numbers::Saved,
        Request::Search(search) => search.returns.is_none() && known_key(&search.key),
        Request::Sort(sort) => {
            let by = |by: SortBy| sort.criteria.iter().any(|one| one.by == by);
            let display = by(SortBy::DisplayFrom) || by(SortBy::DisplayTo);
            sort.returns.is_none() && !display && known_key(&sort.key)
        }
        Request::Thread(thread) => thread.algorithm != ThreadAlgorithm::Refs && known_key(&thread.key),
        Request::CancelUpdate(_) => false,
        Request::Create { special_use, .. } => special_use.is_empty(),
        Request::Status { items, .. } => items.iter().all(known_item),
        Request::GetAcl(_) | Request::SetAcl(_) | Request::DeleteAcl { .. } => false,
        Request::ListRights { .. } | Request::MyRights(_) | Request::Notify(_) => false,
        Request::GetMetadata(_) | Request::SetMetadata(_) => false,
        _ => true,
    }
}

fn known_item(item: &StatusItem) -> bool {
    use StatusItem as I;
    !matches!(item, I::Size | I::MailboxId | I::AppendLimit)
}

fn known_fetch(fetch: &Fetch) -> bool {
    use FetchItem as I;
    let fits = |part: &Partial| part.start.max(part.length.get()) <= u64::from(u32::MAX);
    let young = |item: &I| match item {
        I::EmailId | I::ThreadId | I::SaveDate | I::Preview { .. } => true,
        I::BodySection { partial, .. } | I::Binary { partial, .. } => !partial.as_ref().is_none_or(fits),
        _ => false,
    };
    fetch.partial.is_none()
        && fetch.changed_since.is_none_or(|mod_seq| mod_seq > ModSeq(0))
        && !fetch.items.iter().any(young)
}

fn known_key(key: &SearchKey) -> bool {
    use SearchKey as K;
    match key {
        K::Saved | K::SaveDateSupported | K::Fuzzy(_) | K::EmailId(_) | K::ThreadId(_) => false,
        K::SavedBefore(_) | K::SavedOn(_) | K::SavedSince(_) => false,
        K::And(keys) => keys.iter().all(known_key),
        K::Or(one, other) => known_key(one) && known_key(other),
        K::Not(key) => known_key(key),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn both_mean_the_same(ours in generate::command().prop_filter("unknown there", known)) {
        let mut wire = b"a1 ".to_vec();
        wire.extend(print::command(&ours));
        wire.extend_from_slice(b"\r\n");
        let shown = String::from_utf8_lossy(&wire).into_owned();
        let theirs = CommandCodec::default().decode(&wire);
        prop_assert!(theirs.is_ok(), "they cannot read {shown:?}: {theirs:?}");
        let (rest, theirs) = theirs.unwrap();
        prop_assert!(rest.is_empty(), "they leave {rest:?} of {shown:?}");
        let mut printed = CommandCodec::default().encode(&theirs).dump();
        prop_assert!(printed.ends_with(b"\r\n"));
        printed.truncate(printed.len() - 2);
        let back = command::parse(&printed, &WireLimits::default(), Enabled::default()).map(|(_, command)| command);
        prop_assert_eq!(back, Ok(ours), "{}", String::from_utf8_lossy(&printed));
    }
}
