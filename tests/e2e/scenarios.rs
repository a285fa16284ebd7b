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

/// Written, and not yet played: the file, and what it waits for. One that passes has to leave this list.
const WAITING: &[(&str, &str)] = &[];

fn folder() -> PathBuf {
    workspace().join("tests/e2e/scenarios")
}

/// Plays one file.
fn check(name: &str) {
    let file = folder().join(name).with_extension("txt");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let script = Script::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
    let played = Play::run(&script);
    match WAITING.iter().find(|(waiting, _)| *waiting == name) {
        None => played.unwrap_or_else(|why| panic!("{name}.txt, {why}")),
        Some((_, what)) if played.is_ok() => {
            panic!("{name} passes although it waits for {what}: take it from the list")
        }
        Some((_, what)) => eprintln!("{name} waits for {what}"),
    }
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { check(stringify!($name)); })*
    };
}

scenarios! {
    pitfall_01_pipelined_idle
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
