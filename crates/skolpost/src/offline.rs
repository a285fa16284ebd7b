//! placeholder
use crate::{failure::Failure, output::Output};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
pub(crate) fn check(_: Option<PathBuf>, _: Option<&Path>, _: Output) -> Result<ExitCode, Failure> {
    Err(Failure::internal("later", &""))
}
pub(crate) fn rebuild(_: &Path, _: Option<&Path>, _: Output) -> Result<(), Failure> {
    Err(Failure::internal("later", &""))
}
