//! A second parser reads what we print, and we read what it prints: both must mean the same command.
//!
//! imap-codec knows no LIST-EXTENDED, so those are left out; everything else of RFC 3501 and the small extensions is in.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use imap_wire::command::{self, Request};
use imap_wire::{Command, WireLimits};
use proptest::prelude::*;
use support::{generate, print};

/// Does the other parser know it?
fn known(command: &Command) -> bool {
    match command {
        Command::StartTls => false,
        Command::Ask(Request::List(list)) => {
            list.patterns.len() == 1 && list.select == Default::default() && list.give == Default::default()
        }
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
        let back = command::parse(&printed, &WireLimits::default()).map(|(_, command)| command);
        prop_assert_eq!(back, Ok(ours), "{}", String::from_utf8_lossy(&printed));
    }
}
