//! A second parser reads what our encoders write, and must find the same in it.
//!
//! imap-codec knows no ESEARCH and none of the youngest FETCH items; their unit tests stand beside them.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::num::{NonZeroU32, NonZeroU64};

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::{Data, Response};
use imap_wire::command::{Partial, Section};
use imap_wire::encode::{self, FetchWriter, ThreadWriter};
use model::{FlagSet, ModSeq, SeqNo, Uid, UidSet};
use proptest::prelude::*;

/// A message with its answers; without a number it is one that is not there.
#[derive(Clone, Debug)]
struct Letter {
    number: Option<u32>,
    answers: Vec<Letter>,
}

fn letter() -> impl Strategy<Value = Letter> {
    let leaf = any::<NonZeroU32>().prop_map(|n| Letter { number: Some(n.get()), answers: Vec::new() });
    leaf.prop_recursive(6, 48, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            (any::<NonZeroU32>(), prop::collection::vec(inner, 1..4))
                .prop_map(|(n, answers)| Letter { number: Some(n.get()), answers }),
            several.prop_map(|answers| Letter { number: None, answers }),
        ]
    })
}

fn walk(letter: &Letter, writer: &mut ThreadWriter, out: &mut Vec<u8>) {
    writer.message(letter.number, letter.answers.len() as u32, out);
    letter.answers.iter().for_each(|answer| walk(answer, writer, out));
}

/// What stands between the parentheses, straight from the grammar of RFC 5256 §5.
fn members(letter: &Letter) -> String {
    let number = letter.number.map(|n| n.to_string()).unwrap_or_default();
    let space = if letter.number.is_some() && !letter.answers.is_empty() { " " } else { "" };
    let answers = match &letter.answers[..] {
        [only] => members(only),
        several => several.iter().map(|answer| format!("({})", members(answer))).collect(),
    };
    format!("{number}{space}{answers}")
}

fn decode(wire: &[u8]) -> Data<'_> {
    let shown = String::from_utf8_lossy(wire);
    let Ok((rest, Response::Data(data))) = ResponseCodec::default().decode(wire) else {
        panic!("they cannot read {shown:?}")
    };
    assert!(rest.is_empty(), "they leave {rest:?} of {shown:?}");
    data
}

fn uids() -> impl Strategy<Value = UidSet> {
    prop::collection::vec((1u32..5000, 0u32..20), 1..40).prop_map(|ranges| {
        let mut set = UidSet::new();
        for (low, more) in ranges {
            set.insert_range(Uid::new(low).unwrap(), Uid::new(low + more).unwrap());
        }
        set
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn threads(letters in prop::collection::vec(letter(), 0..5)) {
        let mut out = Vec::new();
        let mut writer = ThreadWriter::new(&mut out);
        letters.iter().for_each(|letter| walk(letter, &mut writer, &mut out));
        writer.finish(&mut out);
        let lists: String = letters.iter().map(|letter| format!("({})", members(letter))).collect();
        let space = if lists.is_empty() { "" } else { " " };
        let text = String::from_utf8(out.clone()).unwrap();
        prop_assert_eq!(&text, &format!("* THREAD{space}{lists}\r\n"));
        let Data::Thread(threads) = decode(&out) else { panic!("{text}") };
        let theirs: String = threads.iter().map(ToString::to_string).collect();
        prop_assert_eq!(theirs, lists);
    }

    #[test]
    fn numbers_and_their_mod_sequence(numbers in prop::collection::vec(any::<NonZeroU32>(), 0..20), mod_seq: NonZeroU64) {
        let ours = || numbers.iter().map(|number| number.get());
        // Nothing is told of an empty result (RFC 7162 §3.1.5).
        let told = (!numbers.is_empty()).then_some(mod_seq);
        let mut out = Vec::new();
        encode::search(ours(), Some(ModSeq(mod_seq.get())), &mut out);
        prop_assert_eq!(decode(&out), Data::Search(numbers.clone(), told));
        out.clear();
        encode::sort(ours(), None, &mut out);
        prop_assert_eq!(decode(&out), Data::Sort(numbers.clone(), None));
    }

    #[test]
    fn vanished(uids in uids(), earlier: bool) {
        let mut out = Vec::new();
        encode::vanished(earlier, &uids, &mut out);
        let Data::Vanished { earlier: theirs, known_uids } = decode(&out) else { panic!() };
        prop_assert_eq!(theirs, earlier);
        let largest = NonZeroU32::MAX;
        prop_assert!(known_uids.iter(largest).map(NonZeroU32::get).eq(uids.iter().map(Uid::get)));
    }

    #[test]
    fn fetch(mod_seq: NonZeroU64, octets in prop::collection::vec(any::<u8>(), 0..40), start: u32, size: u32) {
        let part = [NonZeroU32::MIN];
        let partial = Partial { start: u64::from(start), length: NonZeroU64::MIN };
        let has_nul = octets.contains(&0);
        let mut out = Vec::new();
        let mut fetch = FetchWriter::new(SeqNo::MIN, &mut out);
        fetch.uid(Uid::MAX);
        fetch.flags(&FlagSet::from_system_bits(3), true);
        fetch.mod_seq(ModSeq(mod_seq.get()));
        fetch.binary_size(&part, u64::from(size));
        fetch.section_nil(&Section::default(), Some(partial));
        // Their grammar has no `<start>` here; RFC 3516 §4.3 has it in its text.
        fetch.binary_header(&part, None, octets.len() as u64, has_nul);
        fetch.out().extend_from_slice(&octets);
        fetch.finish();
        let Data::Fetch { items, .. } = decode(&out) else { panic!() };
        let items = items.as_ref();
        prop_assert_eq!(items.len(), 6);
        prop_assert_eq!(&items[2], &MessageDataItem::ModSeq(mod_seq));
        let MessageDataItem::BinarySize { size: theirs, .. } = &items[3] else { panic!("{:?}", items[3]) };
        prop_assert_eq!(*theirs, size);
        let MessageDataItem::Binary { value, .. } = &items[5] else { panic!("{:?}", items[5]) };
        let (shown, form) = (format!("{value:?}"), if has_nul { "Literal8" } else { "Literal" });
        prop_assert!(shown.contains(form), "{shown}");
    }
}
