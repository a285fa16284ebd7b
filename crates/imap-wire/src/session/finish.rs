//! The driver's answers, and what they change.
//!
//! RFC 3501 §3, §6.2.3, §6.3.1: a failed SELECT leaves nothing selected.

use model::Text;

use super::{Access, Completion, Selected, Session, Stage};
use crate::command::{Tag, Verb};
use crate::encode::Code;
use crate::splitter::LiteralHeader;

/// A request that the driver works on.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) tag: Tag,
    pub(super) verb: Verb,
    pub(super) then: Then,
}

/// What an answer means beyond the reply.
#[derive(Debug)]
pub(super) enum Then {
    Reply,
    LogIn,
    Select(Selected),
    /// CLOSE, UNSELECT.
    Leave,
    /// APPEND goes on.
    Append,
    /// Both directions change.
    Compress,
    /// The reply stands already.
    Drop {
        reply: Vec<u8>,
        literal: Option<LiteralHeader>,
    },
}

impl Session {
    /// The driver's answer to [`Step::Ask`](super::Step::Ask); without a question it is ignored.
    pub fn done(&mut self, completion: Completion) {
        let asked = match std::mem::replace(&mut self.stage, Stage::Command) {
            Stage::Asked(asked) => asked,
            other => {
                self.stage = other;
                return;
            }
        };
        if completion.is_ok() && self.is_logged_in() {
            self.bad_commands = 0;
        }
        let Asked { tag, verb, then } = asked;
        match then {
            Then::Reply => self.conclude(&tag, verb, &completion),
            Then::LogIn => self.logged_in(&tag, verb, completion),
            Then::Select(selected) => self.entered(&tag, verb, selected, completion),
            Then::Leave => {
                if completion.is_ok() {
                    self.access = Access::Authenticated;
                }
                self.conclude(&tag, verb, &completion);
            }
            Then::Append if completion.is_ok() => {
                self.stage = Stage::Append;
                if let Some(appending) = &mut self.appending {
                    appending.begun = true;
                }
            }
            Then::Append => {
                let reply = self.concluding_line(&tag, verb, &completion);
                self.stage = Stage::AppendRefused { reply };
            }
            Then::Drop { reply, literal } => {
                self.refuse_message(literal, reply);
            }
            Then::Compress => {
                self.conclude(&tag, verb, &completion);
                if completion.is_ok() {
                    self.stage = Stage::Compress;
                }
            }
        }
    }

    fn conclude(&mut self, tag: &Tag, verb: Verb, completion: &Completion) {
        let line = self.concluding_line(tag, verb, completion);
        self.say(&line);
    }

    fn concluding_line(&mut self, tag: &Tag, verb: Verb, completion: &Completion) -> Vec<u8> {
        let tag = Some(tag);
        match completion {
            Completion::Ok { code, text: Some(text) } => self.line_for_people(tag, "OK", code.as_ref(), text),
            Completion::Ok { code, text: None } => {
                self.line(tag, "OK", code.as_ref(), &format!("{} completed", verb.name()))
            }
            Completion::No { code, text } => self.line_for_people(tag, "NO", code.as_ref(), text),
            Completion::Bad { text } => {
                self.count_bad();
                self.line_for_people(tag, "BAD", None, text)
            }
        }
    }

    fn logged_in(&mut self, tag: &Tag, verb: Verb, completion: Completion) {
        if let Completion::Ok { code, text } = completion {
            self.access = Access::Authenticated;
            self.bad_commands = 0;
            // The list changes with the log-in, and clients then need not ask (RFC 3501 §7.1).
            let code = code.unwrap_or_else(|| Code::Capability(self.capabilities()));
            self.conclude(tag, verb, &Completion::Ok { code: Some(code), text });
            return;
        }
        // Being too busy to check is nobody's failure.
        let checked = !matches!(&completion, Completion::No { code: Some(Code::Unavailable), .. });
        self.login_failures += u32::from(checked);
        self.conclude(tag, verb, &completion);
        if self.login_failures >= self.config.limits.login_failures_max
            && !matches!(self.stage, Stage::Closed)
        {
            let text = Text::new("För många misslyckade inloggningar.", "Too many failed log-ins.");
            self.say_bye(None, &text);
        }
    }

    fn entered(&mut self, tag: &Tag, verb: Verb, mut selected: Selected, completion: Completion) {
        self.access = Access::Authenticated;
        let completion = match completion {
            Completion::Ok { code, text } => {
                selected.read_only |= code == Some(Code::ReadOnly);
                let code = code.unwrap_or(if selected.read_only { Code::ReadOnly } else { Code::ReadWrite });
                self.access = Access::Selected(selected);
                Completion::Ok { code: Some(code), text }
            }
            other => other,
        };
        self.conclude(tag, verb, &completion);
    }
}

impl Completion {
    fn is_ok(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }
}
