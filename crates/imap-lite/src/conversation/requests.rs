//! What a client asks for, handed to those who do it, and the news behind it.
//!
//! RFC 3501 §5.5, §6.

use std::io;

use imap_wire::command::{MessageSet, Search, Sort, Thread};
use imap_wire::{Code, Completion, Request};
use mailbox::MailboxError;

use super::{Conversation, Outcome, Trouble, now};
use crate::account::{Account, Place};
use crate::append::{Base, Replaced};
use crate::compress::Inflater;
use crate::folders::Folders;
use crate::log_in::LoggedIn;
use crate::wire::Wire;
use crate::{
    Door, acl, answers, append, in_mailbox, list, log_in, metadata, notify, quota, select, status, updates,
};

impl Conversation {
    pub(super) async fn carry_out(&mut self, request: Request, wire: &mut Wire) -> io::Result<Completion> {
        let news = News::after(&request);
        let removes = matches!(request, Request::Expunge { .. } | Request::Move { .. });
        if let Some(listening) = &mut self.listening {
            listening.does_itself(&request);
        }
        let mut completion = match self.attempt(request, wire).await {
            Ok(completion) => completion,
            Err(Trouble::Connection(error)) => return Err(error),
            Err(Trouble::Mailbox(error)) => answers::mailbox_error(&error),
        };
        if let Some(listening) = &mut self.listening
            && !matches!(completion, Completion::Ok { .. })
        {
            listening.did_nothing();
        }
        match news {
            News::None => {}
            News::All => _ = self.tell_news(wire, true).await?,
            News::NoExpunge => _ = self.tell_news(wire, false).await?,
        }
        if let Some(selected) = &self.selected {
            updates::write_held_back(selected, wire);
            // RFC 7162 §3.2.7, §3.2.9; not for CLOSE (§3.2.8).
            if removes && wire.enabled.condstore && completion == Completion::ok() {
                completion = Completion::ok_with(Code::HighestModSeq(selected.highest_mod_seq()));
            }
        }
        Ok(completion)
    }

    async fn attempt(&mut self, request: Request, wire: &mut Wire) -> Outcome {
        if let Request::Authenticate(credentials) = request {
            return Ok(match log_in::log_in(&self.door, &credentials, self.peer).await {
                Ok(LoggedIn { place, watch, denied }) => {
                    wire.watch(watch);
                    self.login = Some(place);
                    self.session.deny(denied);
                    Completion::ok()
                }
                Err(refusal) => refusal,
            });
        }
        let Some(Place { account, .. }) = &self.login else { return Ok(answers::out_of_order()) };
        let (account, door) = (*account, self.door.clone());
        let folders = Folders::new(&door, account);
        match request {
            Request::Authenticate(_) | Request::Noop | Request::Check => Ok(Completion::ok()),
            Request::Select(asked) => {
                self.selected = None;
                self.contexts.clear();
                let selected = select::select(&folders, &asked, wire).await?;
                let completion = match selected.is_read_only() {
                    true => Completion::ok_with(Code::ReadOnly),
                    false => Completion::ok(),
                };
                self.selected = Some(Box::new(selected));
                Ok(completion)
            }
            Request::Create { mailbox, special_use } => folders.create(&mailbox, &special_use).await,
            Request::Delete(name) => {
                let outcome = folders.delete(&name).await;
                self.forget_deleted().await;
                outcome
            }
            Request::Rename { from, to } => folders.rename(&from, &to).await,
            Request::Subscribe(name) => folders.subscribe(&name, true).await,
            Request::Unsubscribe(name) => folders.subscribe(&name, false).await,
            Request::List(asked) => list::list(&door, &folders, &asked, wire).await,
            Request::Lsub(asked) => list::lsub(&folders, &asked, wire).await,
            Request::Status { mailbox, items } => {
                status::status(&door, &folders, &mailbox, &items, wire).await
            }
            Request::Namespace => list::namespace(&folders, wire),
            Request::GetQuota { root } => quota::quota(&door, &folders, &root, wire).await,
            Request::GetQuotaRoot(name) => quota::quota_root(&door, &folders, &name, wire).await,
            Request::GetAcl(name) => acl::get(&folders, &name, wire).await,
            Request::SetAcl(asked) => acl::set(&folders, &asked).await,
            Request::DeleteAcl { mailbox, identifier } => acl::delete(&folders, &mailbox, &identifier).await,
            Request::ListRights { mailbox, identifier } => {
                acl::list_rights(&folders, &mailbox, &identifier, wire).await
            }
            Request::MyRights(name) => acl::my_rights(&folders, &name, wire).await,
            Request::GetMetadata(asked) => metadata::get(&folders, &asked, wire).await,
            Request::SetMetadata(asked) => metadata::set(&folders, asked).await,
            Request::AppendStart(_)
            | Request::AppendMore(_)
            | Request::AppendPart(_)
            | Request::AppendFinish
            | Request::AppendAbort => self.append(&door, &folders, request, wire).await,
            Request::Notify(asked) => {
                let selected = self.selected.as_ref().map(|selected| selected.mailbox());
                match notify::notify(&door, &folders, asked, selected, wire).await? {
                    Ok(listening) => self.listening = Some(listening),
                    Err(refusal) => return Ok(refusal),
                }
                Ok(Completion::ok())
            }
            Request::Compress => {
                let place = door.compressed.take(door.limits.compressed_connections_max);
                let Some(place) = place else { return Ok(answers::too_many_compressed()) };
                self.inflater = Some(Box::new(Inflater::new(place, door.limits.inflate_excess_bytes_max)));
                Ok(Completion::ok())
            }
            request => self.in_mailbox(&door, account, request, wire).await,
        }
    }

    /// APPEND and REPLACE, piece by piece as the client sends them.
    async fn append(
        &mut self,
        door: &Door,
        folders: &Folders<'_>,
        request: Request,
        wire: &mut Wire,
    ) -> Outcome {
        match request {
            Request::AppendStart(asked) => {
                self.incoming = None;
                let replaced = match &asked.replaces {
                    Some(one) => match self.replaced(one, wire).await? {
                        Ok(one) => Some(one),
                        Err(refusal) => return Ok(refusal),
                    },
                    None => None,
                };
                match append::start(door, folders, asked, replaced).await? {
                    Ok(incoming) => self.incoming = Some(Box::new(incoming)),
                    Err(refusal) => return Ok(refusal),
                }
                Ok(Completion::ok())
            }
            Request::AppendMore(message) => Ok(match &mut self.incoming {
                Some(incoming) => append::more(door, incoming, message),
                None => answers::out_of_order(),
            }),
            Request::AppendPart(part) => {
                let base = self.selected.as_ref().map(|selected| Base(selected.mailbox()));
                match &mut self.incoming {
                    Some(incoming) => append::part(door, folders, incoming, part, base).await,
                    None => Ok(answers::out_of_order()),
                }
            }
            Request::AppendFinish => match self.incoming.take() {
                Some(incoming) => append::finish(door, *incoming, wire).await,
                None => Ok(answers::out_of_order()),
            },
            Request::AppendAbort => {
                self.incoming = None;
                Ok(Completion::ok())
            }
            _ => Ok(answers::out_of_order()),
        }
    }

    /// What works with the messages of the selected mailbox.
    async fn in_mailbox(
        &mut self,
        door: &Door,
        account: Account,
        request: Request,
        wire: &mut Wire,
    ) -> Outcome {
        let leaves = matches!(request, Request::Close { .. });
        let Some(selected) = &mut self.selected else {
            return Ok(if leaves { Completion::ok() } else { answers::mailbox_error(&MailboxError::Gone) });
        };
        let outcome = in_mailbox::carry_out(selected, door, account, request, &mut self.contexts, wire).await;
        match &outcome {
            Ok(Completion::Ok { .. }) if leaves => {
                self.selected = None;
                self.contexts.clear();
            }
            Err(Trouble::Mailbox(error @ (MailboxError::Gone | MailboxError::AccessEnded))) => {
                self.send_away(error)
            }
            _ => {}
        }
        outcome
    }

    /// The message that REPLACE takes away.
    async fn replaced(
        &mut self,
        one: &MessageSet,
        wire: &mut Wire,
    ) -> Result<Result<Replaced, Completion>, Trouble> {
        let Some(selected) = &mut self.selected else {
            return Ok(Err(answers::mailbox_error(&MailboxError::Gone)));
        };
        if selected.is_read_only() {
            return Err(MailboxError::ReadOnly.into());
        }
        let news = selected.sync(false, now()).await?;
        updates::write(&news, wire).await?;
        Ok(match in_mailbox::pick(selected, one)?[..] {
            [(_, uid)] => Ok((selected.mailbox(), uid)),
            // RFC 8508 §3.2: one message; by UID it may be one that is gone.
            _ => Err(answers::mailbox_error(&MailboxError::Expunged)),
        })
    }

    /// A client may delete the mailbox that it has selected; it knows, and is not sent away for it.
    async fn forget_deleted(&mut self) {
        if let Some(selected) = &self.selected
            && let Err(MailboxError::Gone) = self.door.mailboxes.status(selected.mailbox()).await
        {
            self.selected = None;
        }
    }
}

/// What of the news of the selected mailbox is told behind a command.
enum News {
    None,
    /// RFC 3501 §7.4.1: no EXPUNGE behind FETCH, STORE and SEARCH, whose client counts by sequence numbers.
    NoExpunge,
    All,
}

impl News {
    fn after(request: &Request) -> Self {
        use imap_wire::command::Numbering::Sequence;
        match request {
            Request::Authenticate(_) | Request::Select(_) | Request::Close { .. } => Self::None,
            Request::AppendStart(_) | Request::AppendMore(_) | Request::AppendPart(_) => Self::None,
            Request::AppendAbort | Request::Compress => Self::None,
            Request::Fetch(fetch) if fetch.messages.numbering == Sequence => Self::NoExpunge,
            Request::Store(store) if store.messages.numbering == Sequence => Self::NoExpunge,
            // RFC 7162 §3.2.10.2: nor behind a search by UID that names sequence numbers.
            Request::Search(Search { numbering, key, .. })
            | Request::Sort(Sort { numbering, key, .. })
            | Request::Thread(Thread { numbering, key, .. })
                if *numbering == Sequence || key.names_places() =>
            {
                Self::NoExpunge
            }
            _ => Self::All,
        }
    }
}
