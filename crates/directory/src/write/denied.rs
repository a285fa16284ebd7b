//! Capabilities that an account's mail programs are not shown, for a program that stumbles over one.

use model::{AccountId, TenantId, UnixMillis};
use store::{Batch, StoreError};

use crate::keys::DeniedKey;
use crate::rows::DeniedEntry;
use crate::{Directory, DirectoryError};

/// Most words of one account.
const WORDS_MAX: usize = 50;
/// Longest word, in octets.
const WORD_OCTETS_MAX: usize = 40;

impl Directory {
    /// What is denied to an account, beside what the installation denies to all.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn denied_capabilities(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<String>, StoreError> {
        let row = self.store.load(&DeniedKey { tenant, account }).await?;
        Ok(row.map(|row| row.words).unwrap_or_default())
    }

    /// Denies a capability, or no longer does; it holds from the next log-in.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`], [`DirectoryError::Capability`] and reading errors.
    pub async fn deny_capability(
        &self,
        tenant: TenantId,
        account: AccountId,
        word: &str,
        denied: bool,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (holder, _) = self.present(tenant, account).await?;
        let word = capability(word)?;
        let key = DeniedKey { tenant, account };
        let before = self.store.load(&key).await?;
        let mut words = before.clone().unwrap_or_default().words;
        words.retain(|other| *other != word);
        if denied {
            if words.len() >= WORDS_MAX {
                return Err(DirectoryError::Capability(word));
            }
            words.push(word);
            words.sort_unstable();
        }
        let mut batch = Batch::new(now);
        batch.require_present(&holder);
        match &before {
            Some(before) => batch.require_is(&key, before),
            None => batch.require_absent(&key),
        }
        if words.is_empty() {
            batch.delete(&key);
        } else {
            batch.put(&key, &DeniedEntry { words });
        }
        Ok(batch)
    }
}

/// In capitals. Without IMAP4rev1 there is no protocol.
fn capability(word: &str) -> Result<String, DirectoryError> {
    let word = word.trim().to_ascii_uppercase();
    let sign = |octet: u8| octet.is_ascii_alphanumeric() || b"=+-.".contains(&octet);
    let sound = (1..=WORD_OCTETS_MAX).contains(&word.len()) && word.bytes().all(sign);
    if sound && word != "IMAP4REV1" { Ok(word) } else { Err(DirectoryError::Capability(word)) }
}

#[cfg(test)]
mod tests {
    use model::Role;

    use super::*;
    use crate::testing::{NOW, School};

    #[tokio::test]
    async fn words_come_and_go_and_leave_with_the_account() {
        let school = School::open().await;
        let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
        let (directory, tenant) = (&school.directory, school.tenant);
        for (word, denied, words) in [
            ("notify", true, &["NOTIFY"][..]),
            ("COMPRESS=DEFLATE", true, &["COMPRESS=DEFLATE", "NOTIFY"]),
            ("Notify", true, &["COMPRESS=DEFLATE", "NOTIFY"]),
            ("NOTIFY", false, &["COMPRESS=DEFLATE"]),
        ] {
            let batch = directory.deny_capability(tenant, asa, word, denied, NOW).await.unwrap();
            school.commit(batch).await;
            assert_eq!(directory.denied_capabilities(tenant, asa).await.unwrap(), words);
        }
        for word in ["", "IMAP4rev1", "A B", "å"] {
            let refused = directory.deny_capability(tenant, asa, word, true, NOW).await;
            assert!(matches!(refused, Err(DirectoryError::Capability(_))), "{word}");
        }
        school.commit(directory.remove(tenant, asa, NOW).await.unwrap()).await;
        assert!(directory.denied_capabilities(tenant, asa).await.unwrap().is_empty());
        assert!(directory.deny_capability(tenant, asa, "NOTIFY", true, NOW).await.is_err());
    }
}
