//! Stories as they are made up: which mailbox and which letter, not yet which row.

use ::model::{FlagPatch, FlagSet};
use proptest::prelude::*;

/// One of the places for a mailbox; a mailbox made after another was dropped there has another id.
pub(super) type Slot = usize;
/// Two mailboxes of one account, one of another, and one of the first account's namesake in another municipality.
pub(super) const SLOTS: usize = 4;
/// Letters that stories tell of.
pub(super) const LETTERS: u8 = 7;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    Create(Slot),
    Drop(Slot),
    /// Without its body in the batch, it must have come before.
    Append {
        to: Slot,
        letter: u8,
        with_body: bool,
        flags: FlagSet,
    },
    /// A body that no operation names.
    Bring {
        of: Slot,
        letter: u8,
    },
    /// `since`: so many changes before the newest.
    Update {
        of: Slot,
        pick: u8,
        patch: FlagPatch,
        since: Option<u8>,
    },
    Expunge {
        of: Slot,
        low: u8,
        high: u8,
    },
    Copy {
        from: Slot,
        pick: u8,
        to: Slot,
        moved: bool,
    },
    Touch(Slot),
    Forget {
        of: Slot,
        pick: u8,
    },
    Refer {
        of: Slot,
        letter: u8,
        up: bool,
    },
    Put(u8, Vec<u8>),
    Delete(u8),
    Add(u8, i64),
}

/// What a batch expects.
#[derive(Clone, Debug)]
pub(super) enum Require {
    Absent(u8),
    Present(u8),
    /// The row as it is, or something else.
    Row(u8, bool),
    /// The counters of a mailbox as they are, or others.
    State(Slot, bool),
}

/// One batch.
#[derive(Clone, Debug)]
pub(super) struct BatchPlan {
    pub(super) require: Vec<Require>,
    pub(super) plans: Vec<Plan>,
    pub(super) bulk: bool,
    pub(super) reopen_before: bool,
}

/// Some dozens of operations.
pub(super) fn story() -> impl Strategy<Value = Vec<BatchPlan>> {
    prop::collection::vec(batch(), 1..30)
}

fn batch() -> impl Strategy<Value = BatchPlan> {
    let require = prop_oneof![6 => Just(Vec::new()), 2 => prop::collection::vec(require(), 1..3)];
    (require, prop::collection::vec(plan(), 0..7), any::<bool>(), prop::bool::weighted(0.02))
        .prop_map(|(require, plans, bulk, reopen_before)| BatchPlan { require, plans, bulk, reopen_before })
}

fn require() -> impl Strategy<Value = Require> {
    prop_oneof![
        1 => name().prop_map(Require::Absent),
        1 => name().prop_map(Require::Present),
        2 => (name(), likely()).prop_map(|(name, holds)| Require::Row(name, holds)),
        2 => (slot(), likely()).prop_map(|(of, holds)| Require::State(of, holds)),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        1 => slot().prop_map(Plan::Create),
        1 => slot().prop_map(Plan::Drop),
        24 => append(),
        1 => (slot(), letter()).prop_map(|(of, letter)| Plan::Bring { of, letter }),
        12 => update(),
        4 => (slot(), any::<u8>(), any::<u8>()).prop_map(|(of, low, high)| Plan::Expunge { of, low, high }),
        8 => copy(),
        2 => (slot(), any::<u8>()).prop_map(|(of, pick)| Plan::Forget { of, pick }),
        1 => slot().prop_map(Plan::Touch),
        1 => (slot(), letter(), any::<bool>()).prop_map(|(of, letter, up)| Plan::Refer { of, letter, up }),
        3 => (name(), prop::collection::vec(any::<u8>(), 0..3)).prop_map(|(name, value)| Plan::Put(name, value)),
        2 => name().prop_map(Plan::Delete),
        2 => (name(), -3i64..4).prop_map(|(name, by)| Plan::Add(name, by)),
    ]
}

fn append() -> impl Strategy<Value = Plan> {
    (slot(), letter(), likely(), flags()).prop_map(|(to, letter, with_body, flags)| Plan::Append {
        to,
        letter,
        with_body,
        flags,
    })
}

fn update() -> impl Strategy<Value = Plan> {
    let patch = (flags(), 0..3).prop_map(|(flags, how)| match how {
        0 => FlagPatch::Replace(flags),
        1 => FlagPatch::Add(flags),
        _ => FlagPatch::Remove(flags),
    });
    (slot(), any::<u8>(), patch, prop::option::weighted(0.3, 0u8..6))
        .prop_map(|(of, pick, patch, since)| Plan::Update { of, pick, patch, since })
}

fn copy() -> impl Strategy<Value = Plan> {
    (slot(), any::<u8>(), slot(), any::<bool>()).prop_map(|(from, pick, to, moved)| Plan::Copy {
        from,
        pick,
        to,
        moved,
    })
}

/// Now and then so many keywords that two such sets are too many for one message.
fn flags() -> impl Strategy<Value = FlagSet> {
    let words = prop_oneof![
        4 => prop::sample::subsequence(vec!["$Forwarded", "$FORWARDED", "homework"], 0..3)
            .prop_map(|words| words.into_iter().map(str::to_owned).collect()),
        1 => (0..2).prop_map(|kind| (0..20).map(|number| format!("k{kind}-{number}")).collect::<Vec<_>>()),
    ];
    (0u8..32, words).prop_map(|(bits, words)| {
        let mut flags = FlagSet::from_system_bits(bits);
        for word in words {
            flags.insert_keyword(word.parse().expect("a keyword")).expect("few");
        }
        flags
    })
}

fn slot() -> impl Strategy<Value = Slot> {
    0..SLOTS
}

fn letter() -> impl Strategy<Value = u8> {
    0..LETTERS
}

/// Of a caller's row or a counter.
fn name() -> impl Strategy<Value = u8> {
    0..3u8
}

fn likely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.9)
}
