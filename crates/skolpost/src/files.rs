//! Files that only the service may read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::failure::Failure;

/// Writes a new file with mode 0600; an existing one is never overwritten.
///
/// # Errors
/// [`Failure`] that names the file.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .map_err(|error| Failure::file(path, &error))
}

/// Makes a new folder with mode 0700. What is there already, a link of somebody else's too, is an error: who removes the
/// folder later must have made it.
///
/// # Errors
/// [`Failure`] that names the folder.
pub(crate) fn make_new_private_folder(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().mode(0o700).create(path).map_err(|error| Failure::file(path, &error))
}

/// Makes a folder with mode 0700; one that is there is kept.
///
/// # Errors
/// [`Failure`] that names the folder.
pub(crate) fn make_private_folder(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Failure::file(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_nobody_elses() {
        let home = tempfile::tempdir().unwrap();
        let (folder, link) = (home.path().join("demo"), home.path().join("link"));
        make_new_private_folder(&folder).unwrap();
        assert!(make_new_private_folder(&folder).is_err(), "there already");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(make_new_private_folder(&link).is_err(), "a link that waits there");
        assert!(make_private_folder(&folder).is_ok(), "the other one keeps what is there");
    }
}
