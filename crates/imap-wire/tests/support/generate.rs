//! Commands by chance.

use std::num::NonZeroU32;

use imap_wire::command::{Credentials, List, ListSelect, Lsub, MessageSet, Numbering, Request};
use imap_wire::{Bound, Command, Date, ListPattern, Numbers, SequenceSet};
use model::{FlagSet, Keyword, MailboxName, Secret, SystemFlag};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::generate_mailboxes::{self, list_return};
use super::generate_messages::{fetch, search, sort, store, thread};

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
/// Mostly a set, now and then `$`.
fn numbers() -> impl Strategy<Value = Numbers> {
    prop_oneof![9 => set().prop_map(Numbers::Set), 1 => Just(Numbers::Saved)]
}
pub(super) fn messages() -> impl Strategy<Value = MessageSet> {
    let numbering = select(vec![Numbering::Sequence, Numbering::Uid]);
    (numbering, numbers()).prop_map(|(numbering, numbers)| MessageSet { numbering, numbers })
}
pub(super) fn keyword() -> impl Strategy<Value = Keyword> {
    "[$]?[A-Za-z]{1,10}".prop_map(|word| word.parse().unwrap())
}
pub(super) fn flags() -> impl Strategy<Value = FlagSet> {
    (subsequence(SystemFlag::ALL.to_vec(), 0..=5), prop::collection::vec(keyword(), 0..3)).prop_map(
        |(system, keywords)| {
            let mut flags: FlagSet = system.into_iter().collect();
            keywords.into_iter().for_each(|word| flags.insert_keyword(word).unwrap());
            flags
        },
    )
}
pub(super) fn date() -> impl Strategy<Value = Date> {
    (1000u16..3000, 1u8..13, 1u8..29).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn list() -> impl Strategy<Value = List> {
    let bits = prop::collection::vec(any::<bool>(), 4);
    (prop::collection::vec(pattern(), 1..4), bits, list_return()).prop_map(|(patterns, bits, mut give)| {
        let select = ListSelect {
            subscribed: bits[0],
            remote: bits[1],
            recursive_match: bits[2] && (bits[0] || bits[3]),
            special_use: bits[3],
        };
        give.subscribed |= select.subscribed;
        give.special_use |= select.special_use;
        List { patterns, select, give }
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        Just(Request::Check),
        Just(Request::Namespace),
        any::<bool>().prop_map(|expunge| Request::Close { expunge }),
        super::generate_messages::select().prop_map(Request::Select),
        name().prop_map(Request::Delete),
        (name(), name()).prop_map(|(from, to)| Request::Rename { from, to }),
        name().prop_map(Request::Subscribe),
        name().prop_map(Request::Unsubscribe),
        list().prop_map(Request::List),
        pattern().prop_map(|pattern| Request::Lsub(Lsub { pattern })),
        text().prop_map(|root| Request::GetQuota { root }),
        name().prop_map(Request::GetQuotaRoot),
        prop::option::of(numbers()).prop_map(|uids| Request::Expunge { uids }),
        search().prop_map(Request::Search),
        sort().prop_map(Request::Sort),
        thread().prop_map(Request::Thread),
        prop::collection::vec(text(), 1..4).prop_map(Request::CancelUpdate),
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
        8 => request().prop_map(Command::Ask),
        4 => generate_mailboxes::request().prop_map(Command::Ask),
    ]
}
