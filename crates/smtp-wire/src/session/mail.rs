//! MAIL and RCPT: who sends, and to whom.
//!
//! RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.4 (order), §4.5.3.1.10 (452 for too many), RFC 1870 §6 (552 at MAIL), RFC 4954 §6
//! (530 before log-in), RFC 6531 §3.5 (UTF-8 addresses only with SMTPUTF8).

use std::num::NonZeroU32;

use model::ReversePath;

use super::state::{Mail, Open, Stage};
use super::{Question, Service, Session, Tls};
use crate::command::{MailParams, Recipient};
use crate::replies;
use crate::reply::Reply;

impl Session {
    pub(super) fn mail(&mut self, from: ReversePath, params: MailParams) {
        if let Err(reply) = self.mail_possible(&from, params) {
            return self.refuse(&reply);
        }
        self.utf8 = params.smtputf8;
        let (size, body, smtputf8) = (params.size, params.body.unwrap_or_default(), params.smtputf8);
        self.ask(Open::Mail, Question::Mail { from, size, body, smtputf8 });
    }

    fn mail_possible(&mut self, from: &ReversePath, params: MailParams) -> Result<(), Reply> {
        let size_max = self.config.limits.message_bytes_max;
        if self.stage().is_none() {
            return Err(replies::order("EHLO comes first"));
        }
        if self.config.service == Service::Submission && !self.authenticated {
            let tls_first = self.config.tls == Tls::Available && !self.config.plaintext_auth;
            return Err(if tls_first { replies::tls_first() } else { replies::log_in_first() });
        }
        if !self.is_ready() {
            return Err(replies::order("A message is in progress; RSET forgets it"));
        }
        let utf8 = matches!(from, ReversePath::Address(address) if address.local().needs_utf8());
        if utf8 && !params.smtputf8 {
            return Err(replies::needs_smtputf8());
        }
        if params.size.is_some_and(|size| size > size_max) {
            return Err(replies::too_large(size_max));
        }
        Ok(())
    }

    pub(super) fn mail_accepted(&mut self) {
        self.set_stage(Stage::Sender(Mail { tried: 0 }));
        self.say(&replies::fine(1, 0, "Sender OK"));
    }

    pub(super) fn rcpt(&mut self, to: Recipient) {
        let (recipients_max, utf8) = (self.config.limits.recipients_max, self.utf8);
        let Some(Stage::Sender(mail) | Stage::Recipients(mail, _)) = self.stage() else {
            let reply = self.out_of_order();
            return self.refuse(&reply);
        };
        if to.needs_utf8() && !utf8 {
            return self.refuse(&replies::needs_smtputf8());
        }
        if mail.tried >= recipients_max {
            return self.refuse(&replies::too_many_recipients(recipients_max));
        }
        mail.tried += 1;
        self.ask(Open::Rcpt, Question::Rcpt { to });
    }

    pub(super) fn rcpt_accepted(&mut self) {
        if let Some(stage) = self.stage() {
            *stage = match std::mem::replace(stage, Stage::Ready) {
                Stage::Sender(mail) => Stage::Recipients(mail, NonZeroU32::MIN),
                Stage::Recipients(mail, count) => Stage::Recipients(mail, count.saturating_add(1)),
                other => other,
            };
        }
        self.say(&replies::fine(1, 5, "Recipient OK"));
    }

    /// Why no recipient or content can come now; RFC 5321 §3.3: 503 without RCPT, 554 if none was good.
    pub(super) fn out_of_order(&mut self) -> Reply {
        match self.stage() {
            Some(Stage::Sender(mail)) if mail.tried > 0 => replies::no_valid_recipients(),
            Some(Stage::Sender(_)) => replies::order("RCPT comes first"),
            Some(Stage::Chunks(_)) => replies::order("The message has begun with BDAT and goes on with it"),
            _ => replies::order("MAIL comes first"),
        }
    }
}
