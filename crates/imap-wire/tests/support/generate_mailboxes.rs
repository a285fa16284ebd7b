//! Commands about whole mailboxes, and messages of APPEND, by chance.

use imap_wire::DateTime;
use imap_wire::command::{
    FetchItem, GetMetadata, ListMetadata, ListReturn, MetadataDepth, Notify, NotifyEvents, NotifyFilter,
    NotifyGroup, Request, RightsChange, SetAcl, SetMetadata, StatusItem,
};
use model::{FlagSet, MailboxName, Right, Rights, SpecialUse, UnixMillis};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::generate::{flags, name};

fn status_items() -> impl Strategy<Value = Vec<StatusItem>> {
    subsequence(StatusItem::ALL.to_vec(), 1..=StatusItem::ALL.len())
}

pub(super) fn list_return() -> impl Strategy<Value = ListReturn> {
    let status = prop_oneof![3 => Just(Vec::new()), 1 => status_items()];
    let metadata = prop::option::weighted(0.3, (entries(), depth(), prop::option::of(any::<u32>())));
    (prop::collection::vec(any::<bool>(), 4), status, metadata).prop_map(|(bits, status, metadata)| {
        ListReturn {
            subscribed: bits[0],
            children: bits[1],
            special_use: bits[2],
            my_rights: bits[3],
            status,
            metadata: metadata.map(|(entries, depth, max_size)| ListMetadata { entries, depth, max_size }),
        }
    })
}

fn entry() -> impl Strategy<Value = String> {
    "/(private|shared|Private)(/[!-$&-)+-.0-~ ]{1,8}){1,3}"
}
fn entries() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(entry(), 1..4)
}
fn depth() -> impl Strategy<Value = MetadataDepth> {
    select(vec![MetadataDepth::Zero, MetadataDepth::One, MetadataDepth::Infinity])
}
fn identifier() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}@[a-z]{1,5}[.]test", "-?[a-zåäö \"\\\\]{1,8}"]
}
fn rights() -> impl Strategy<Value = Rights> {
    subsequence(Right::ALL.to_vec(), 0..=Right::ALL.len()).prop_map(|rights| rights.into_iter().collect())
}
fn value() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop_oneof![
        "[ -~]{0,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12)
    ])
}

fn filter() -> impl Strategy<Value = NotifyFilter> {
    let names = || prop::collection::vec(name(), 1..4);
    prop_oneof![
        select(vec![NotifyFilter::Inboxes, NotifyFilter::Personal, NotifyFilter::Subscribed]),
        names().prop_map(NotifyFilter::Subtree),
        names().prop_map(NotifyFilter::Mailboxes),
    ]
}
/// Events that may be asked for together, of messages or of other things.
fn events() -> impl Strategy<Value = NotifyEvents> {
    (any::<bool>(), prop::collection::vec(any::<bool>(), 6)).prop_map(|(messages, bits)| NotifyEvents {
        message_new: messages.then(Vec::new),
        message_expunge: messages,
        flag_change: messages && bits[0],
        annotation_change: messages && bits[1],
        mailbox_name: bits[2],
        subscription_change: bits[3],
        mailbox_metadata_change: bits[4],
        server_metadata_change: bits[5],
    })
}
fn selected_group() -> impl Strategy<Value = NotifyGroup> {
    let items = vec![FetchItem::Uid, FetchItem::Flags, FetchItem::Envelope, FetchItem::ModSeq];
    (any::<bool>(), any::<bool>(), subsequence(items, 0..=4)).prop_map(|(delayed, some, items)| NotifyGroup {
        filter: if delayed { NotifyFilter::SelectedDelayed } else { NotifyFilter::Selected },
        events: NotifyEvents {
            message_new: some.then_some(items),
            message_expunge: some,
            ..NotifyEvents::default()
        },
    })
}
fn notify() -> impl Strategy<Value = Notify> {
    let others = prop::collection::vec((filter(), events()), 1..4);
    let set =
        (any::<bool>(), prop::option::of(selected_group()), others).prop_map(|(status, first, others)| {
            let others = others.into_iter().map(|(filter, events)| NotifyGroup { filter, events });
            Notify::Set { status, groups: first.into_iter().chain(others).collect() }
        });
    prop_oneof![1 => Just(Notify::None), 5 => set]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    let changes = select(vec![RightsChange::Replace, RightsChange::Add, RightsChange::Remove]);
    let set_acl = (name(), identifier(), changes, rights())
        .prop_map(|(mailbox, identifier, change, rights)| SetAcl { mailbox, identifier, change, rights });
    let get_metadata = (prop::option::of(name()), entries(), depth(), prop::option::of(any::<u32>()))
        .prop_map(|(mailbox, entries, depth, max_size)| GetMetadata { mailbox, entries, depth, max_size });
    let set_metadata = (prop::option::of(name()), prop::collection::vec((entry(), value()), 1..4))
        .prop_map(|(mailbox, entries)| SetMetadata { mailbox, entries });
    prop_oneof![
        (name(), subsequence(SpecialUse::ALL.to_vec(), 0..=2))
            .prop_map(|(mailbox, special_use)| Request::Create { mailbox, special_use }),
        (name(), status_items()).prop_map(|(mailbox, items)| Request::Status { mailbox, items }),
        name().prop_map(Request::GetAcl),
        name().prop_map(Request::MyRights),
        set_acl.prop_map(Request::SetAcl),
        (name(), identifier()).prop_map(|(mailbox, identifier)| Request::DeleteAcl { mailbox, identifier }),
        (name(), identifier()).prop_map(|(mailbox, identifier)| Request::ListRights { mailbox, identifier }),
        get_metadata.prop_map(Request::GetMetadata),
        set_metadata.prop_map(Request::SetMetadata),
        notify().prop_map(Request::Notify),
    ]
}

/// A message of APPEND as a client sends it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) flags: FlagSet,
    pub(crate) date: Option<DateTime>,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Plain(Vec<u8>),
    Literal8(Vec<u8>),
    Utf8(Vec<u8>),
    Catenate(Vec<Part>),
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(Vec<u8>),
    Url(String),
}

/// Octets that look like everything that may stand around them.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z]{1,9}",
        "[ )({}+~\r\na-z0-9]{1,12}",
        Just("a1 LOGOUT\r\n".to_owned()),
        Just("{3+}\r\n".to_owned())
    ]
    .prop_map(String::into_bytes)
}

pub(crate) fn appended() -> impl Strategy<Value = (MailboxName, Vec<Message>)> {
    let part = prop_oneof![octets().prop_map(Part::Text), "[!-~]{1,9}".prop_map(Part::Url)];
    let content = prop_oneof![
        octets().prop_map(Content::Plain),
        octets().prop_map(Content::Literal8),
        octets().prop_map(Content::Utf8),
        prop::collection::vec(part, 1..5).prop_map(Content::Catenate),
    ];
    let date = (0u64..4_000_000_000).prop_map(|seconds| DateTime::utc(UnixMillis(seconds * 1000)));
    let message = (flags(), prop::option::of(date), content).prop_map(|(flags, date, content)| Message {
        flags,
        date,
        content,
    });
    (name(), prop::collection::vec(message, 1..5))
}
