//! The `skolpost` binary under test: built once for all tests of a run.
//!
//! `SKOLPOST_BIN` names one that is already built; `tests/run` sets it, and so can whoever wants to try a release.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| match env::var_os("SKOLPOST_BIN") {
    Some(path) => existing(PathBuf::from(path)),
    None => build(),
});

/// The program to start.
pub(crate) fn skolpost() -> &'static Path {
    &BINARY
}

/// The folder that holds `Cargo.toml` of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies one folder below the workspace")
}

/// What `cargo metadata` says about the workspace, without the crates of others.
pub(crate) fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo runs, it started this test");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn build() -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "skolpost"])
        .current_dir(workspace())
        .status()
        .expect("cargo runs, it started this test");
    assert!(status.success(), "cargo build --package skolpost failed, see above");
    let metadata = metadata();
    let target = metadata["target_directory"].as_str().expect("cargo metadata names the target folder");
    existing(Path::new(target).join("debug/skolpost"))
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "there is no program {}", path.display());
    path
}
