//! LOGIN and AUTHENTICATE, once the protocol has name and password.
//!
//! RFC 3501 §6.2.2, §6.2.3; RFC 4616 §2 (nobody acts for another).

use std::net::IpAddr;

use directory::LoginWatch;
use imap_wire::Completion;
use imap_wire::command::Credentials;
use tracing::info;

use crate::account::{Account, Place};
use crate::conversation::now;
use crate::{Door, answers};

/// A session that has begun.
pub(crate) struct LoggedIn {
    /// Its place among those of the account.
    pub(crate) place: Place,
    /// What ends it.
    pub(crate) watch: LoginWatch,
    /// Capabilities that this account's programs are not shown.
    pub(crate) denied: Vec<String>,
}

/// The session, or the refusal.
pub(crate) async fn log_in(
    door: &Door,
    credentials: &Credentials,
    peer: IpAddr,
) -> Result<LoggedIn, Completion> {
    let Credentials { on_behalf_of, username, password } = credentials;
    let another = |name: &String| !name.is_empty() && !name.eq_ignore_ascii_case(username);
    if on_behalf_of.as_ref().is_some_and(another) {
        return Err(answers::acting_for_another());
    }
    let login = door.directory.authenticate(username, password, peer, now()).await;
    let login = login.map_err(|error| answers::auth_error(&error))?;
    let account = Account { tenant: login.tenant, id: login.account };
    let denied = door.directory.denied_capabilities(account.tenant, account.id).await;
    let denied = denied.map_err(|error| answers::store_error(&error))?;
    let place = door.accounts.take(account, door.limits.connections_per_account_max);
    let place = place.ok_or_else(answers::too_many_sessions)?;
    info!(account = %login.account, %peer, "IMAP log-in");
    Ok(LoggedIn { place, watch: door.directory.watch_login(&login), denied })
}
