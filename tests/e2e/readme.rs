//! The README's commands, run as they stand there; only folder and ports are another installation's.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::harness::{PortBase, Program, skolpost, workspace};

/// The content of the fenced block with this mark.
fn block(text: &str, mark: &str) -> String {
    let start =
        text.find(&format!("```sh {mark}\n")).unwrap_or_else(|| panic!("no block {mark:?} in the README"));
    let content = &text[start..][format!("```sh {mark}\n").len()..];
    content[..content.find("\n```").expect("the block ends")].to_owned()
}

#[test]
fn the_tour_of_the_readme_works_as_written() {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("the README");
    let (home, ports) = (tempfile::tempdir().expect("a temporary folder"), PortBase::take());
    let here = |text: String| {
        text.replace("/tmp/skola", &home.path().join("skola").to_string_lossy())
            .replace("20025", &ports.port(25).to_string())
            .replace("20993", &ports.port(993).to_string())
            .replace("--port-base 20000", &format!("--port-base {}", ports.base()))
    };
    // By path and not by a function of the shell: what is started in the background is the service itself, and ends.
    let programs = home.path().join("bin");
    fs::create_dir(&programs)
        .and_then(|()| symlink(skolpost(), programs.join("skolpost")))
        .expect("a folder of ours");
    let script = format!(
        "set -eu\nPATH='{}':$PATH\ntrap 'kill %1; wait' EXIT\n{}\n{}\n{}\n",
        programs.display(),
        here(block(&readme, "tour")),
        here(block(&readme, "import")),
        here(block(&readme, "functions"))
    );
    let told = Program::new("bash").args(["-c", &script]).pass().text();
    assert!(told.contains("Subject: Hej"), "curl shows the letter:\n{told}");
    assert!(told.contains("zoe.dangelo@skola.test"), "the imported teacher is listed:\n{told}");
    assert!(told.contains("expedition@skola.test"), "the function is shown with its member:\n{told}");
}

#[test]
fn the_two_commands_are_there() {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("the README");
    assert!(readme.contains("cargo run --release -- demo") && readme.contains("./tests/run"));
    let metadata = crate::harness::metadata();
    let default = metadata["workspace_default_members"].as_array().expect("cargo names them");
    assert_eq!(default.len(), 1, "`cargo run` has one program to run");
    let ci = fs::read_to_string(workspace().join(".ci/run")).expect("the CI script");
    assert!(ci.contains("tests/run"), "CI runs the README's second command");
    assert!(
        Command::new(workspace().join("tests/run"))
            .arg("--no-such-word")
            .output()
            .is_ok_and(|run| !run.status.success())
    );
}
