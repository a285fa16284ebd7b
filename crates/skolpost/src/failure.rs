//! What went wrong, in words for the person at the keyboard.

use std::path::Path;

use model::{Language, Text};

/// A command could not be done. Exit status 1; [`Failure::usage`] exits with 2.
#[derive(Debug)]
pub(crate) struct Failure {
    text: Text,
    code: String,
    usage: bool,
}

impl Failure {
    /// A failure with its two sentences, which say what to do.
    pub(crate) fn new(text: Text) -> Self {
        Self { text, code: "failed".into(), usage: false }
    }
    /// The same with the machine-readable code that the service gave.
    pub(crate) fn with_code(text: Text, code: impl Into<String>) -> Self {
        Self { text, code: code.into(), usage: false }
    }
    /// The command line was wrong.
    pub(crate) fn usage(text: Text) -> Self {
        Self { text, code: "usage".into(), usage: true }
    }
    /// A file could not be read or written.
    pub(crate) fn file(path: &Path, error: &dyn std::fmt::Display) -> Self {
        let path = path.display();
        Self::new(Text::new(
            format!("{path} går inte att läsa eller skriva: {error}"),
            format!("{path} cannot be read or written: {error}"),
        ))
    }
    /// Something that should not happen; the cause is for whoever mends it.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(Text::new(
            format!("Internt fel ({what}): {error}"),
            format!("Internal error ({what}): {error}"),
        ))
    }
    /// The sentence in one language.
    pub(crate) fn say(&self, language: Language) -> &str {
        self.text.get(language)
    }
    /// For `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "code": self.code, "sv": self.text.sv, "en": self.text.en } })
    }
    /// The exit status: 1 refused or failed, 2 usage.
    pub(crate) const fn exit_status(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }
}
