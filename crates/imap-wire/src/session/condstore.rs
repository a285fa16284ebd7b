//! Commands that switch CONDSTORE on without ENABLE, those that need ENABLE first, and what RFC 9051 changes in a question.
//!
//! RFC 7162 §3.1 (CONDSTORE-enabling commands), §3.2.5, §3.2.6 (QRESYNC must be enabled before); RFC 9051 §6.4.4.

use super::Session;
use crate::command::{FetchItem, Request, SearchReturn, StatusItem};

impl Session {
    /// What the request must wait for, if the client has not switched it on.
    pub(super) fn not_enabled(&self, request: &Request) -> Option<&'static str> {
        let needs_qresync = match request {
            Request::Select(select) => select.qresync.is_some(),
            Request::Fetch(fetch) => fetch.vanished,
            _ => false,
        };
        (needs_qresync && !self.enabled.qresync).then_some("ENABLE QRESYNC comes before its use")
    }

    /// From such a command on every FETCH response tells MODSEQ, those to the command itself too; not where CONDSTORE is
    /// denied.
    pub(super) fn note_condstore(&mut self, request: &Request) {
        let asked = match request {
            Request::Select(select) => select.condstore || select.qresync.is_some(),
            Request::Status { items, .. } => items.contains(&StatusItem::HighestModSeq),
            Request::Fetch(fetch) => {
                fetch.changed_since.is_some() || fetch.items.contains(&FetchItem::ModSeq)
            }
            Request::Store(store) => store.unchanged_since.is_some(),
            Request::Search(search) => search.key.names_mod_seq(),
            Request::Sort(sort) => sort.key.names_mod_seq(),
            Request::Thread(thread) => thread.key.names_mod_seq(),
            _ => false,
        };
        self.enabled.condstore |= asked && self.is_allowed("CONDSTORE");
    }

    /// RFC 9051 §7.3.4: the old SEARCH response is not there any more.
    pub(super) fn in_the_enabled_form(&self, mut request: Request) -> Request {
        if let Request::Search(search) = &mut request {
            let rev2 = self.enabled.imap4rev2;
            search.returns = search.returns.or_else(|| rev2.then_some(SearchReturn::ALL));
        }
        request
    }
}
