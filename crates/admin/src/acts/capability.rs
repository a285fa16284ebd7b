//! IMAP capabilities that one account's programs are not shown.

use admin_api::Answer;

use super::Acts;
use crate::AdminError;
use crate::audit::Act;
use crate::rights::{Operation, Target};

/// So different may a word be from the one that is meant.
const TYPOS_MAX: usize = 3;

impl Acts<'_> {
    /// From the next log-in on.
    pub(super) async fn capability(
        &self,
        word: &str,
        capability: &str,
        denied: bool,
    ) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::DenyCapability, Target::of(&entry))?;
        if denied {
            check(capability.trim(), &self.admin.operations.capabilities())?;
        }
        let directory = &self.admin.directory;
        let batch = directory.deny_capability(self.tenant, account, capability, denied, self.now).await?;
        let op = if denied { "account-deny-capability" } else { "account-allow-capability" };
        let said = capability.trim().to_ascii_uppercase();
        self.commit(Act::new(op, account).with(said), batch).await?;
        self.account_shown(account).await
    }
}

/// Is it a word that is shown after log-in, and one that a program can do without?
fn check(word: &str, known: &[&str]) -> Result<(), AdminError> {
    const BEFORE_LOGIN: [&str; 3] = ["STARTTLS", "LOGINDISABLED", "SASL-IR"];
    let upper = word.to_ascii_uppercase();
    if upper == "IMAP4REV1" {
        return Err(AdminError::refused(
            "capability",
            "IMAP4rev1 går inte att stänga av: utan det finns ingen IMAP.",
            "IMAP4rev1 cannot be denied: without it there is no IMAP.",
        ));
    }
    if upper.starts_with("AUTH=") || BEFORE_LOGIN.contains(&upper.as_str()) {
        return Err(AdminError::refused(
            "capability",
            format!(
                "{upper} visas före inloggningen, när ingen vet vems programmet är. Stäng av ordet för alla i skolpost.toml."
            ),
            format!(
                "{upper} is shown before log-in, when nobody knows whose program it is. Deny it to all in skolpost.toml."
            ),
        ));
    }
    if known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    let nearest = known.iter().min_by_key(|known| distance(&known.to_ascii_uppercase(), &upper));
    let near = nearest.filter(|known| distance(&known.to_ascii_uppercase(), &upper) <= TYPOS_MAX);
    let (sv, en) = match near {
        Some(near) => (format!(" Menade du {near}?"), format!(" Did you mean {near}?")),
        None => (
            " Skriv ett ord ur svaret på CAPABILITY, till exempel NOTIFY.".into(),
            " Give a word of the answer to CAPABILITY, such as NOTIFY.".into(),
        ),
    };
    Err(AdminError::refused(
        "capability",
        format!("Tjänsten har inget som heter ”{word}” i IMAP.{sv}"),
        format!("The service has nothing called “{word}” in IMAP.{en}"),
    ))
}

/// How many letters must be put in, left out or changed (Levenshtein). Words longer than any of ours are far from all.
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > TYPOS_MAX {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_there_is_told_the_nearest_one() {
        let known = ["IMAP4rev1", "IMAP4rev2", "NOTIFY", "COMPRESS=DEFLATE"];
        let sentence = |word| check(word, &known).map_err(|error| error.failure().sv);
        for word in ["NOTIFY", "notify", "imap4REV2"] {
            assert_eq!(sentence(word), Ok(()));
        }
        for (word, says) in [
            ("NOTFY", "Menade du NOTIFY?"),
            ("COMPRES=DEFLATE", "Menade du COMPRESS=DEFLATE?"),
            ("imap4rev1", "IMAP4rev1 går inte"),
            ("AUTH=PLAIN", "före inloggningen"),
            ("starttls", "före inloggningen"),
            ("HEJSAN HOPPSAN", "till exempel NOTIFY"),
            ("", "till exempel NOTIFY"),
        ] {
            assert!(sentence(word).unwrap_err().contains(says), "{word}");
        }
    }
}
