//! AUTH: only on submission, only under TLS (or where the configuration says so), once, and outside a message.
//!
//! RFC 4954 §4 (exchange), §6 (503, 504, 530, 538).

use model::Secret;

use super::state::{Open, Stage};
use super::{Question, Service, Session, Tls};
use crate::replies;
use crate::reply::Reply;
use crate::sasl::{Exchange, Mechanism, Next, SaslError};

impl Session {
    pub(super) fn may_take_passwords(&self) -> bool {
        self.config.tls == Tls::Active || self.config.plaintext_auth
    }

    pub(super) fn auth(&mut self, mechanism: Option<Mechanism>, initial: Option<Secret<String>>) {
        if let Err(reply) = self.auth_possible() {
            return self.refuse(&reply);
        }
        let Some(mechanism) = mechanism else { return self.refuse(&replies::unknown_mechanism()) };
        let (prompt, exchange) = Exchange::begin(mechanism);
        match initial {
            Some(response) => self.auth_next(exchange.initial(response.expose())),
            None => self.auth_next(Ok(Next::Prompt(prompt, exchange))),
        }
    }

    fn auth_possible(&mut self) -> Result<(), Reply> {
        if self.config.service == Service::Relay {
            return Err(replies::not_here("No log-in on this port: people send mail through 465 or 587"));
        }
        if !self.may_take_passwords() {
            return Err(replies::tls_before_password());
        }
        let authenticated = self.authenticated;
        match self.stage() {
            None => Err(replies::order("EHLO comes first")),
            Some(_) if authenticated => Err(replies::order("Logged in already")),
            Some(Stage::Ready) => Ok(()),
            Some(_) => Err(replies::order("Not inside a message")),
        }
    }

    /// A line while AUTH waits for one.
    pub(super) fn auth_line(&mut self, line: &[u8]) {
        if let Some(exchange) = self.leave_auth() {
            self.auth_next(exchange.answer(line));
        }
    }

    /// Ends the exchange and gives back where it stood.
    pub(super) fn leave_auth(&mut self) -> Option<Exchange> {
        let stage = self.stage().filter(|stage| matches!(stage, Stage::Auth(_)))?;
        match std::mem::replace(stage, Stage::Ready) {
            Stage::Auth(exchange) => Some(exchange),
            _ => None,
        }
    }

    fn auth_next(&mut self, next: Result<Next, SaslError>) {
        match next {
            Err(error) => self.refuse(&replies::sasl(error)),
            Ok(Next::Prompt(prompt, exchange)) => {
                self.set_stage(Stage::Auth(exchange));
                self.say(&replies::prompt(prompt));
            }
            Ok(Next::Check(found)) => self.ask(
                Open::Auth,
                Question::Auth {
                    mechanism: found.mechanism,
                    authorization_id: found.authorization,
                    authentication_id: found.authentication,
                    secret: found.secret,
                },
            ),
        }
    }

    pub(super) fn logged_in(&mut self) {
        self.authenticated = true;
        self.say(&replies::logged_in());
    }

    pub(super) fn auth_refused(&mut self, reply: &Reply) {
        self.tally.auth_failures += u32::from(reply.is_permanent());
        if self.tally.auth_failures > self.config.limits.auth_failures_max {
            self.say(&replies::too_many_errors());
            return self.close();
        }
        self.refuse(reply);
    }
}
