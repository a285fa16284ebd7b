//! Commands by chance.

use std::num::NonZeroU32;

use imap_wire::command::{
    Credentials, Fetch, FetchItem, List, ListReturn, ListSelect, Lsub, MessageSet, Numbering, Partial,
    Request, Search, SearchKey, Section, SectionText, Select, StatusItem, Store,
};
use imap_wire::{Bound, Command, Date, ListPattern, SequenceSet};
use model::{FlagPatch, FlagSet, Keyword, MailboxName, Secret, SystemFlag};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "[a-zåäö\"\\\\ ]{0,8}", "[^\0]{0,6}", Just("NIL".to_owned())]
}
pub(crate) fn name() -> impl Strategy<Value = MailboxName> {
    prop_oneof!["[A-Za-z]{1,8}", "[a-zåäö& ~]{1,6}/[a-z\"\\\\]{1,3}", "\\PC{1,8}", Just("inbox".to_owned())]
        .prop_filter_map("no name", |text| MailboxName::parse(&text).ok())
}
fn pattern() -> impl Strategy<Value = ListPattern> {
    prop_oneof!["[a-zåä%*/]{1,8}", "[ -~]{0,8}"].prop_map(|text| ListPattern::new(&text).unwrap())
}
fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![
        4 => (1u32..200).prop_map(|number| Bound::Number(NonZeroU32::new(number).unwrap())),
        1 => any::<NonZeroU32>().prop_map(Bound::Number),
        1 => Just(Bound::Largest),
    ]
}
pub(crate) fn set() -> impl Strategy<Value = SequenceSet> {
    let range = prop_oneof![bound().prop_map(|one| (one, one)), (bound(), bound())];
    prop::collection::vec(range, 1..5).prop_map(|ranges| SequenceSet::new(ranges).unwrap())
}
fn messages() -> impl Strategy<Value = MessageSet> {
    let numbering = select(vec![Numbering::Sequence, Numbering::Uid]);
    (numbering, set()).prop_map(|(numbering, set)| MessageSet { numbering, numbers: set.into() })
}
fn keyword() -> impl Strategy<Value = Keyword> {
    "[$]?[A-Za-z]{1,10}".prop_map(|word| word.parse().unwrap())
}
fn flags() -> impl Strategy<Value = FlagSet> {
    (subsequence(SystemFlag::ALL.to_vec(), 0..=5), prop::collection::vec(keyword(), 0..3)).prop_map(
        |(system, keywords)| {
            let mut flags: FlagSet = system.into_iter().collect();
            keywords.into_iter().for_each(|word| flags.insert_keyword(word).unwrap());
            flags
        },
    )
}
fn date() -> impl Strategy<Value = Date> {
    (1000u16..3000, 1u8..13, 1u8..29).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn key() -> impl Strategy<Value = SearchKey> {
    let leaf = prop_oneof![
        select(vec![SearchKey::All, SearchKey::Recent, SearchKey::New, SearchKey::Old]),
        (select(SystemFlag::ALL.to_vec()), any::<bool>())
            .prop_map(|(flag, set)| SearchKey::Flag { flag, set }),
        (keyword(), any::<bool>()).prop_map(|(keyword, set)| SearchKey::Keyword { keyword, set }),
        set().prop_map(SearchKey::Sequence),
        set().prop_map(SearchKey::Uid),
        date().prop_map(SearchKey::Before),
        date().prop_map(SearchKey::On),
        date().prop_map(SearchKey::Since),
        date().prop_map(SearchKey::SentBefore),
        date().prop_map(SearchKey::SentOn),
        date().prop_map(SearchKey::SentSince),
        any::<u32>().prop_map(|size| SearchKey::Larger(size.into())),
        any::<u32>().prop_map(|size| SearchKey::Smaller(size.into())),
        text().prop_map(SearchKey::Bcc),
        text().prop_map(SearchKey::Cc),
        text().prop_map(SearchKey::From),
        text().prop_map(SearchKey::To),
        text().prop_map(SearchKey::Subject),
        text().prop_map(SearchKey::Body),
        text().prop_map(SearchKey::Text),
        ("[A-Za-z-]{1,8}", text()).prop_map(|(name, value)| SearchKey::Header { name, value }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(SearchKey::And),
            inner.clone().prop_map(|key| SearchKey::Not(Box::new(key))),
            (inner.clone(), inner).prop_map(|(one, two)| SearchKey::Or(Box::new(one), Box::new(two))),
        ]
    })
}

fn section() -> impl Strategy<Value = Section> {
    let part = prop::collection::vec((1u32..9).prop_map(|number| NonZeroU32::new(number).unwrap()), 0..4);
    let names = prop::collection::vec("[A-Za-z!-]{1,8}", 1..4);
    let text = prop_oneof![
        Just(None),
        Just(Some(SectionText::Header)),
        Just(Some(SectionText::Text)),
        Just(Some(SectionText::Mime)),
        (any::<bool>(), names).prop_map(|(not, names)| Some(SectionText::HeaderFields { not, names })),
    ];
    (part, text).prop_map(|(part, text)| {
        let text = if part.is_empty() && text == Some(SectionText::Mime) { None } else { text };
        Section { part, text }
    })
}
fn fetch() -> impl Strategy<Value = Fetch> {
    use FetchItem as I;
    let plain = vec![
        I::Envelope,
        I::Flags,
        I::InternalDate,
        I::Rfc822,
        I::Rfc822Header,
        I::Rfc822Text,
        I::Rfc822Size,
        I::Body,
        I::BodyStructure,
    ];
    let partial = (any::<u32>(), any::<NonZeroU32>()).prop_map(|(start, length)| Partial { start, length });
    let body = (section(), prop::option::of(partial), any::<bool>())
        .prop_map(|(section, partial, peek)| I::BodySection { section, partial, peek });
    (messages(), subsequence(plain, 1..5), prop::option::of(body)).prop_map(|(messages, plain, body)| {
        let uid = (messages.numbering == Numbering::Uid).then_some(I::Uid);
        let items = uid.into_iter().chain(plain).chain(body).collect();
        Fetch { messages, items, changed_since: None, vanished: false, partial: None }
    })
}
fn store() -> impl Strategy<Value = Store> {
    let patch = prop_oneof![
        flags().prop_map(FlagPatch::Replace),
        flags().prop_map(FlagPatch::Add),
        flags().prop_map(FlagPatch::Remove),
    ];
    (messages(), patch, any::<bool>()).prop_map(|(messages, patch, silent)| Store {
        messages,
        patch,
        silent,
        unchanged_since: None,
    })
}
fn list() -> impl Strategy<Value = List> {
    let bits = prop::collection::vec(any::<bool>(), 7);
    (prop::collection::vec(pattern(), 1..4), bits).prop_map(|(patterns, bits)| {
        let select = ListSelect {
            subscribed: bits[0],
            remote: bits[1],
            recursive_match: bits[2] && (bits[0] || bits[3]),
            special_use: bits[3],
        };
        let give = ListReturn {
            subscribed: bits[4] || bits[0],
            children: bits[5],
            special_use: bits[6] || bits[3],
            ..ListReturn::default()
        };
        List { patterns, select, give }
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        Just(Request::Check),
        Just(Request::Namespace),
        any::<bool>().prop_map(|expunge| Request::Close { expunge }),
        (name(), any::<bool>()).prop_map(|(mailbox, read_only)| Request::Select(Select {
            mailbox,
            read_only,
            condstore: false,
            qresync: None
        })),
        name().prop_map(|mailbox| Request::Create { mailbox, special_use: Vec::new() }),
        name().prop_map(Request::Delete),
        (name(), name()).prop_map(|(from, to)| Request::Rename { from, to }),
        name().prop_map(Request::Subscribe),
        name().prop_map(Request::Unsubscribe),
        list().prop_map(Request::List),
        pattern().prop_map(|pattern| Request::Lsub(Lsub { pattern })),
        (name(), subsequence(StatusItem::ALL[..7].to_vec(), 1..=7))
            .prop_map(|(mailbox, items)| Request::Status { mailbox, items }),
        text().prop_map(|root| Request::GetQuota { root }),
        name().prop_map(Request::GetQuotaRoot),
        prop::option::of(set()).prop_map(|uids| Request::Expunge { uids: uids.map(Into::into) }),
        (select(vec![Numbering::Sequence, Numbering::Uid]), key())
            .prop_map(|(numbering, key)| Request::Search(Search { numbering, key, returns: None })),
        fetch().prop_map(Request::Fetch),
        store().prop_map(Request::Store),
        (messages(), name()).prop_map(|(messages, to)| Request::Copy { messages, to }),
        (messages(), name()).prop_map(|(messages, to)| Request::Move { messages, to }),
    ]
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let credentials = (text(), text()).prop_map(|(username, password)| Credentials {
        on_behalf_of: None,
        username,
        password: Secret::new(password),
    });
    prop_oneof![
        2 => select(vec![Command::Capability, Command::Noop, Command::Logout, Command::StartTls, Command::Idle]),
        1 => credentials.prop_map(Command::Login),
        1 => prop::collection::vec((text(), prop::option::of(text())), 0..4).prop_map(Command::Id),
        1 => prop::collection::vec("[A-Z]{1,8}", 1..4).prop_map(Command::Enable),
        12 => request().prop_map(Command::Ask),
    ]
}
