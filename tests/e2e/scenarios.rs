//! Conversations of several clients with the built service, over real sockets: each file in `scenarios/` is one.
//!
//! `script` says how a file is written and `pattern` what its `${…}` mean; `tests/README.md` lists the pitfalls that have
//! no file, and why.

mod pattern;
mod play;
mod script;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::harness::workspace;
use play::Play;
use script::Script;

fn folder() -> PathBuf {
    workspace().join("tests/e2e/scenarios")
}

/// Plays one file.
fn check(name: &str) {
    let file = folder().join(name).with_extension("txt");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let script = Script::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
    Play::run(&script).unwrap_or_else(|why| panic!("{name}.txt, {why}"));
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { check(stringify!($name)); })*
    };
}

scenarios! {
    pitfall_01_pipelined_idle
    pitfall_02_stray_crlf
    pitfall_03_list_root
    pitfall_04_special_use_unasked
    pitfall_05_create_special_use
    pitfall_05_one_folder_per_purpose
    pitfall_06_archive
    pitfall_07_folders_from_the_first_moment
    pitfall_08_esearch_tag
    pitfall_09_auth_login
    pitfall_10_space_after_colon
    pitfall_13_compress
    pitfall_14_rev2_forms
    pitfall_14_select_and_examine
    pitfall_15_folder_names_in_two_spellings
    pitfall_16_idle_tells_at_once
    pitfall_17_modseq_only_when_asked
    pitfall_18_condstore_keeps_read
    pitfall_18_flags_stay
    pitfall_18_qresync
    pitfall_19_move_unseen_uid
    pitfall_20_fetch_to_the_end
    pitfall_21_notjunk_is_a_keyword
    pitfall_22_quota_root_has_a_name
    pitfall_23_one_copy_in_sent
    pitfall_23_one_copy_of_a_function
    pitfall_24_uidvalidity
    pitfall_25_bodystructure
    pitfall_26_rename_carries_children
    pitfall_27_many_connections
    pitfall_28_without_idle
    pitfall_32_no_cram_md5
}

#[test]
fn every_file_is_played() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder of scenarios")
        .filter_map(|entry| entry.expect("it can be listed").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".txt").map(str::to_owned))
        .collect();
    assert_eq!(files, NAMES.iter().map(|name| (*name).to_owned()).collect());
}
