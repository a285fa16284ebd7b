//! Further addresses.

use admin_api::Answer;
use model::EmailAddress;

use super::Acts;
use crate::AdminError;
use crate::audit::Act;
use crate::rights::{Operation, Target};

impl Acts<'_> {
    pub(super) async fn alias_add(&self, word: &str, address: &EmailAddress) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Rename, Target::of(&entry))?;
        self.may_hold_address(address)?;
        let batch = self.admin.directory.add_alias(self.tenant, account, address, self.now).await?;
        self.commit(Act::new("alias-add", account), batch).await?;
        self.account_shown(account).await
    }

    pub(super) async fn alias_remove(
        &self,
        word: &str,
        address: &EmailAddress,
    ) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Rename, Target::of(&entry))?;
        let batch = self.admin.directory.remove_alias(self.tenant, account, address, self.now).await?;
        self.commit(Act::new("alias-remove", account), batch).await?;
        self.account_shown(account).await
    }
}
