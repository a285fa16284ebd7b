//! What a session is told without asking: what others did where it looks.
//!
//! RFC 3501 §5.2, §7.4.1; RFC 5465 (NOTIFY); RFC 5267 §4.3 (searches that are followed); RFC 2180 §3.3 (a mailbox that is gone).

use std::io;

use imap_wire::Completion;
use mailbox::{MailboxError, Updates};

use super::{Conversation, Pause, Trouble, now};
use crate::account::Place;
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{answers, notify, updates};

impl Conversation {
    /// What others did in the selected mailbox, behind a command; false if it is gone, and the session with it.
    pub(super) async fn tell_news(&mut self, wire: &mut Wire, allow_expunge: bool) -> io::Result<bool> {
        let Some(selected) = &mut self.selected else { return Ok(true) };
        let news = selected.sync(allow_expunge, now()).await;
        self.tell(news, wire).await
    }

    /// The same while the client waits, and with NOTIFY what is new elsewhere.
    pub(super) async fn tell_waiting(&mut self, pause: Pause, wire: &mut Wire) -> io::Result<bool> {
        let mut here = true;
        if let Some(selected) = &mut self.selected {
            let wishes = self.listening.as_ref().map(|listening| (&listening.selected, listening.delayed));
            let news = match wishes {
                None => Some(selected.hear(true, now()).await),
                Some((None, _)) => None,
                Some((Some(events), delayed)) => {
                    let allow_expunge = !delayed || pause == Pause::Idle;
                    let news = match notify::fetches(events) {
                        // FETCH needs sequence numbers, so the session does not rest on.
                        true => selected.sync(allow_expunge, now()).await,
                        false => selected.hear(allow_expunge, now()).await,
                    };
                    let flags = events.flag_change;
                    Some(news.map(|news| if flags { news } else { Updates { flags: Vec::new(), ..news } }))
                }
            };
            if let Some(news) = news {
                here = self.tell(news, wire).await?;
            }
        }
        if here {
            self.tell_elsewhere(wire).await?;
        }
        Ok(here)
    }

    /// What NOTIFY has to tell of mailboxes outside the selected one.
    pub(super) async fn tell_elsewhere(&mut self, wire: &mut Wire) -> io::Result<()> {
        let (Some(Place { account, .. }), Some(mut listening)) = (&self.login, self.listening.take()) else {
            return Ok(());
        };
        let selected = self.selected.as_ref().map(|selected| selected.mailbox());
        let folders = Folders::new(&self.door, *account);
        match listening.tell(&self.door, &folders, selected, wire).await {
            Ok(true) => self.listening = Some(listening),
            // RFC 5465 §5.8: as after NOTIFY NONE.
            Ok(false) => self.listening = Some(Box::default()),
            Err(Trouble::Connection(error)) => return Err(error),
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading what changed in other mailboxes");
                self.listening = Some(listening);
            }
        }
        Ok(())
    }

    pub(super) async fn refresh_contexts(&mut self, wire: &mut Wire) -> io::Result<()> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        match self.contexts.refresh(selected, &self.door.limits, wire).await {
            Ok(()) => Ok(()),
            Err(Trouble::Connection(error)) => Err(error),
            // A client that is not told of changes would trust what it has.
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading what changed in the result of a search");
                self.contexts.give_up(wire);
                Ok(())
            }
        }
    }

    pub(super) async fn tell(
        &mut self,
        news: Result<Updates, MailboxError>,
        wire: &mut Wire,
    ) -> io::Result<bool> {
        match news {
            Ok(news) => {
                self.contexts.expunged(&news, wire);
                updates::write(&news, wire).await?;
                self.fetch_arrived(&news, wire).await?;
                self.refresh_contexts(wire).await?;
            }
            Err(error @ (MailboxError::Gone | MailboxError::AccessEnded)) => {
                self.send_away(&error);
                return Ok(false);
            }
            // The command itself is done; what there is to tell comes with the next one.
            Err(error) => tracing::warn!(%error, "reading what changed in a mailbox"),
        }
        Ok(true)
    }

    /// What NOTIFY wants to know of every new message (RFC 5465 §5.2).
    pub(super) async fn fetch_arrived(&mut self, news: &Updates, wire: &mut Wire) -> io::Result<()> {
        let (Some(listening), Some(selected)) = (&self.listening, &mut self.selected) else { return Ok(()) };
        match notify::fetch_arrived(listening, selected, news, wire).await {
            Err(Trouble::Connection(error)) => Err(error),
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading new messages for NOTIFY");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Somebody else has deleted the selected mailbox, or taken away the right to read it: the client starts anew (RFC
    /// 2180 §3.3).
    pub(super) fn send_away(&mut self, why: &MailboxError) {
        self.selected = None;
        if let Completion::No { code, text } = answers::mailbox_error(why) {
            self.session.bye(code, &text);
        }
    }
}
