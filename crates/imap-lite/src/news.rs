//! What a session waits for beside its client.

use std::future::pending;

use mailbox::Selected;

use crate::notify::Listening;

/// Where news come from while a session waits.
pub(crate) struct Sources<'a> {
    /// The selected mailbox, if its news are wanted now.
    pub(crate) mailbox: Option<&'a mut Selected>,
    /// The others (NOTIFY).
    pub(crate) listening: Option<&'a mut Listening>,
}

impl Sources<'_> {
    /// Returns when there may be news. Safe to drop at any time.
    pub(crate) async fn changed(&mut self) {
        let mailbox = async {
            match &mut self.mailbox {
                Some(mailbox) => mailbox.changed().await,
                None => pending().await,
            }
        };
        match &mut self.listening {
            Some(listening) => tokio::select! {
                () = mailbox => {}
                () = listening.changed() => {}
            },
            None => mailbox.await,
        }
    }
}
