//! Other people's test mail: Python's own and SpamAssassin's samples, in through port 25 and out through 993.
//!
//! The comparison is `tests/clients/corpus.py`; here stands which files there are and which must be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clients::python;
use crate::harness::{Program, Town, clients, workspace};

/// From Debian's libpython3.11-testsuite.
const PYTHON: &str = "/usr/lib/python3.11/test/test_email/data";

/// From Debian's spamassassin; where an image leaves documentation out, tests/install.sh unpacks it into tests/.samples.
const SAMPLES: &str = "usr/share/doc/spamassassin/examples";

/// Files that hold a bare CR or a NUL once every LF has been made CRLF: no letters (RFC 5321 §2.3.8, §4.1.1.4).
/// msg_26.txt has CRLF already, so each line then ends in CR CR LF; as it is, it is taken. The others are pictures and
/// sounds that lie beside the letters.
const REFUSED: [&str; 16] = [
    "msg_26.txt",
    "python.bmp",
    "python.exr",
    "python.gif",
    "python.jpg",
    "python.pgm",
    "python.png",
    "python.ppm",
    "python.ras",
    "python.sgi",
    "python.tiff",
    "python.webp",
    "sndhdr.aifc",
    "sndhdr.aiff",
    "sndhdr.au",
    "sndhdr.wav",
];

/// Sends the files and compares; fails with the script's whole output.
fn travel(files: &[PathBuf], as_is: &[PathBuf]) {
    let town = Town::start();
    let reader = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut program =
        Program::new(python()).arg(clients().join("corpus.py")).arg(town.scene(&[&reader])).args(files);
    for name in REFUSED {
        program = program.args(["--refused", name]);
    }
    for file in as_is {
        program = program.arg("--as-is").arg(file);
    }
    program.wait(Duration::from_secs(600)).pass();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("FAIL: {}: {error}; run tests/install.sh", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

#[test]
fn the_letters_of_python_come_back_as_they_were() {
    let files = files(Path::new(PYTHON));
    let letters = files.iter().filter(|path| path.extension().is_some_and(|end| end == "txt")).count();
    assert_eq!(letters, 47, "libpython3.11-testsuite has 47 letters");
    travel(&files, &[Path::new(PYTHON).join("msg_26.txt")]);
}

#[test]
fn the_samples_of_spamassassin_come_back_as_they_were() {
    let installed = Path::new("/").join(SAMPLES);
    let folder =
        if installed.is_dir() { installed } else { workspace().join("tests/.samples").join(SAMPLES) };
    let mut files = files(&folder);
    files.retain(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"sample-")));
    assert_eq!(files.len(), 2, "sample-nonspam.txt and sample-spam.txt in {}", folder.display());
    travel(&files, &[]);
}
