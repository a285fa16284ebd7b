//! ENABLE: extensions that change the form of answers.
//!
//! RFC 5161 §3; RFC 7162 §3.2.3 (QRESYNC brings CONDSTORE); RFC 6855 §3 and RFC 9051 §6.3.1 (before a mailbox is selected).

use super::{Session, Step};
use crate::capability;
use crate::command::{Tag, Verb};

impl Session {
    pub(super) fn enable(&mut self, tag: &Tag, words: &[String]) -> Option<Step> {
        let mut line = "* ENABLED".to_owned();
        for word in words {
            if let Some(word) = self.switch_on(word) {
                line.push(' ');
                line.push_str(word);
            }
        }
        line.push_str("\r\n");
        self.out.extend_from_slice(line.as_bytes());
        self.completed(tag, Verb::Enable)
    }

    /// The word as we write it, if it was off and can be switched on; others are no error (RFC 5161 §3.1).
    fn switch_on(&mut self, word: &str) -> Option<&'static str> {
        let known = ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2"];
        let word = known.into_iter().find(|known| known.eq_ignore_ascii_case(word))?;
        if !self.is_allowed("ENABLE") || !self.is_allowed(word) {
            return None;
        }
        // The names and numbers that were told of the selected mailbox would change their form under the client.
        let in_mailbox = self.selected().is_some();
        let switch = match word {
            "CONDSTORE" => &mut self.enabled.condstore,
            "QRESYNC" => &mut self.enabled.qresync,
            _ if in_mailbox => return None,
            "UTF8=ACCEPT" => &mut self.enabled.utf8,
            _ => &mut self.enabled.imap4rev2,
        };
        let was_on = std::mem::replace(switch, true);
        self.enabled.condstore |= self.enabled.qresync;
        (!was_on).then_some(word)
    }

    /// Only what is announced can be used: neither the installation nor the account is denied it.
    pub(super) fn is_allowed(&self, word: &str) -> bool {
        capability::is_announced(word, &self.config, &self.denied)
    }
}
