//! Commands about messages of the selected mailbox, by chance.

use std::num::NonZeroU32;

use imap_wire::command::{
    Fetch, FetchItem, Numbering, Partial, PartialRange, QResync, Search, SearchKey, SearchReturn, Section,
    SectionText, Select, Sort, SortBy, SortCriterion, Store, Thread, ThreadAlgorithm,
};
use imap_wire::{Bound, SequenceSet};
use model::{FlagPatch, ModSeq, SystemFlag, UidValidity};
use proptest::prelude::*;
use proptest::sample::{self, subsequence};

use super::generate::{date, flags, keyword, messages, name, set, text};

fn key() -> impl Strategy<Value = SearchKey> {
    let old = prop_oneof![
        sample::select(vec![SearchKey::All, SearchKey::Recent, SearchKey::New, SearchKey::Old]),
        (sample::select(SystemFlag::ALL.to_vec()), any::<bool>())
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
    let new = prop_oneof![
        Just(SearchKey::Saved),
        Just(SearchKey::SaveDateSupported),
        (1..=u32::MAX).prop_map(SearchKey::Older),
        (1..=u32::MAX).prop_map(SearchKey::Younger),
        date().prop_map(SearchKey::SavedBefore),
        date().prop_map(SearchKey::SavedOn),
        date().prop_map(SearchKey::SavedSince),
        "[A-Za-z0-9_-]{1,12}".prop_map(SearchKey::EmailId),
        "[A-Za-z0-9_-]{1,12}".prop_map(SearchKey::ThreadId),
        mod_seq().prop_map(SearchKey::ModSeq),
    ];
    prop_oneof![3 => old, 1 => new].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(SearchKey::And),
            inner.clone().prop_map(|key| SearchKey::Not(Box::new(key))),
            inner.clone().prop_map(|key| SearchKey::Fuzzy(Box::new(key))),
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
fn part() -> impl Strategy<Value = Vec<NonZeroU32>> {
    prop::collection::vec((1u32..9).prop_map(|number| NonZeroU32::new(number).unwrap()), 0..4)
}
/// Items with something behind their name.
fn long_item() -> impl Strategy<Value = FetchItem> {
    use FetchItem as I;
    let partial = prop_oneof![4 => (0..1u64 << 32, 1..1u64 << 32), 1 => (0..1u64 << 63, 1..1u64 << 63)];
    let partial = partial.prop_map(|(start, length)| Partial { start, length: length.try_into().unwrap() });
    let partial = prop::option::of(partial).boxed();
    prop_oneof![
        3 => (section(), partial.clone(), any::<bool>())
            .prop_map(|(section, partial, peek)| I::BodySection { section, partial, peek }),
        1 => (part(), partial, any::<bool>()).prop_map(|(part, partial, peek)| I::Binary { part, partial, peek }),
        1 => part().prop_map(|part| I::BinarySize { part }),
        1 => any::<bool>().prop_map(|lazy| I::Preview { lazy }),
    ]
}
pub(super) fn fetch() -> impl Strategy<Value = Fetch> {
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
        I::EmailId,
        I::ThreadId,
        I::SaveDate,
    ];
    let modifiers = (prop::option::of(mod_seq()), any::<bool>(), prop::option::of(range()));
    let old = (Just(None), Just(false), Just(None));
    let modifiers = prop_oneof![old, modifiers];
    (messages(), subsequence(plain, 1..5), prop::option::of(long_item()), modifiers).prop_map(
        |(messages, plain, long, (changed_since, vanished, partial))| {
            let is_uid = messages.numbering == Numbering::Uid;
            // The parser adds what goes without saying, so it stands there.
            let uid = is_uid.then_some(I::Uid);
            let mod_seq = changed_since.map(|_| I::ModSeq);
            let items = uid.into_iter().chain(plain).chain(long).chain(mod_seq).collect();
            let vanished = vanished && is_uid && changed_since.is_some();
            Fetch { messages, items, changed_since, vanished, partial }
        },
    )
}
pub(super) fn store() -> impl Strategy<Value = Store> {
    let patch = prop_oneof![
        flags().prop_map(FlagPatch::Replace),
        flags().prop_map(FlagPatch::Add),
        flags().prop_map(FlagPatch::Remove),
    ];
    (messages(), patch, any::<bool>(), prop::option::of(mod_seq())).prop_map(
        |(messages, patch, silent, unchanged_since)| Store { messages, patch, silent, unchanged_since },
    )
}

fn numbering() -> impl Strategy<Value = Numbering> {
    sample::select(vec![Numbering::Sequence, Numbering::Uid])
}
fn mod_seq() -> impl Strategy<Value = ModSeq> {
    (0..=i64::MAX as u64).prop_map(ModSeq)
}
fn range() -> impl Strategy<Value = PartialRange> {
    (1u32..1000, 0u32..1000, any::<bool>()).prop_map(|(first, more, from_end)| PartialRange {
        first,
        last: first + more,
        from_end,
    })
}
fn returns() -> impl Strategy<Value = SearchReturn> {
    (prop::collection::vec(any::<bool>(), 7), prop::option::of(range())).prop_map(|(bits, partial)| {
        let mut asked = SearchReturn {
            min: bits[0],
            max: bits[1],
            all: bits[2] && partial.is_none(),
            count: bits[3],
            save: bits[4],
            update: bits[5],
            context: bits[6],
            partial,
        };
        asked.all |= !asked.tells() && !asked.save;
        asked
    })
}
pub(super) fn search() -> impl Strategy<Value = Search> {
    (numbering(), key(), prop::option::of(returns())).prop_map(|(numbering, key, returns)| Search {
        numbering,
        key,
        returns,
    })
}
pub(super) fn sort() -> impl Strategy<Value = Sort> {
    let criterion = (sample::select(SortBy::ALL.to_vec()), any::<bool>())
        .prop_map(|((by, _), reverse)| SortCriterion { reverse, by });
    (numbering(), prop::collection::vec(criterion, 1..4), key(), prop::option::of(returns()))
        .prop_map(|(numbering, criteria, key, returns)| Sort { numbering, criteria, key, returns })
}
pub(super) fn thread() -> impl Strategy<Value = Thread> {
    (numbering(), sample::select(ThreadAlgorithm::ALL.to_vec()), key())
        .prop_map(|(numbering, (algorithm, _), key)| Thread { numbering, algorithm, key })
}
pub(super) fn select() -> impl Strategy<Value = Select> {
    (name(), any::<bool>(), any::<bool>(), prop::option::of(qresync())).prop_map(
        |(mailbox, read_only, condstore, qresync)| Select { mailbox, read_only, condstore, qresync },
    )
}
fn qresync() -> impl Strategy<Value = QResync> {
    let uid_validity = any::<NonZeroU32>().prop_map(|number| UidValidity::new(number.get()).unwrap());
    // The same set twice has as many members.
    let pairs = known_set().prop_map(|set| (set.clone(), set));
    (uid_validity, mod_seq(), prop::option::of(known_set()), prop::option::of(pairs)).prop_map(
        |(uid_validity, mod_seq, known_uids, seq_match)| QResync {
            uid_validity,
            mod_seq,
            known_uids,
            seq_match,
        },
    )
}
fn known_set() -> impl Strategy<Value = SequenceSet> {
    set().prop_filter("a star", |set| {
        set.parts().iter().all(|(from, to)| ![*from, *to].contains(&Bound::Largest))
    })
}
