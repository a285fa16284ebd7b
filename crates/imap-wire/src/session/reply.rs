//! Replies with a state: OK, NO, BAD, BYE.
//!
//! RFC 3501 §7.1.

use model::Text;

use super::{Session, Stage, Step};
use crate::command::{CommandError, Notify, Reason, Tag};
use crate::encode::Code;
use crate::reply_text;

impl Session {
    /// `tag OK [code] text`, or `* …` without a tag; the text is ours and English.
    pub(super) fn line(&self, tag: Option<&Tag>, state: &str, code: Option<&Code>, text: &str) -> Vec<u8> {
        let mut line = start(tag, state, code);
        reply_text::ascii(text, &mut line);
        line.extend_from_slice(b"\r\n");
        line
    }
    /// The same with a sentence for people.
    pub(super) fn line_for_people(
        &self,
        tag: Option<&Tag>,
        state: &str,
        code: Option<&Code>,
        text: &Text,
    ) -> Vec<u8> {
        let mut line = start(tag, state, code);
        reply_text::write(text, self.config.language, self.enabled.unicode_names(), &mut line);
        line.extend_from_slice(b"\r\n");
        line
    }

    pub(super) fn untagged_state(&mut self, state: &str, code: Option<&Code>, text: &str) {
        let line = self.line(None, state, code, text);
        self.out.extend_from_slice(&line);
    }
    /// A tagged reply; the session goes on with the next command.
    pub(super) fn reply(&mut self, tag: &Tag, state: &str, code: Option<&Code>, text: &str) -> Option<Step> {
        let line = self.line(Some(tag), state, code, text);
        self.say(&line)
    }
    pub(super) fn no(&mut self, tag: &Tag, code: Code, text: &Text) -> Option<Step> {
        let line = self.line_for_people(Some(tag), "NO", Some(&code), text);
        self.say(&line)
    }
    pub(super) fn bad(&mut self, tag: &Tag, text: &str) -> Option<Step> {
        let line = self.line(Some(tag), "BAD", None, text);
        self.count_bad();
        self.say(&line)
    }
    /// Writes a finished reply and returns to commands; if there were too many bad ones, BYE follows.
    pub(super) fn say(&mut self, line: &[u8]) -> Option<Step> {
        self.out.extend_from_slice(line);
        self.stage = Stage::Command;
        if self.bad_commands > self.config.limits.bad_commands_max {
            self.say_bye(
                Some(&Code::ClientBug),
                &Text::new("För många felaktiga kommandon.", "Too many bad commands."),
            );
        }
        None
    }
    pub(super) fn count_bad(&mut self) {
        self.bad_commands = self.bad_commands.saturating_add(1);
    }
    pub(super) fn say_bye(&mut self, code: Option<&Code>, text: &Text) {
        let line = self.line_for_people(None, "BYE", code, text);
        self.out.extend_from_slice(&line);
        self.input.clear();
        self.stage = Stage::Closed;
    }
    /// More than we are willing to read and throw away.
    pub(super) fn hang_up(&mut self) -> Option<Step> {
        self.say_bye(
            Some(&Code::TooBig),
            &Text::new("Det var för mycket att läsa.", "That is too much to read."),
        );
        None
    }

    /// The reply to a command that cannot be taken.
    pub(super) fn refusal(&mut self, error: &CommandError) -> Vec<u8> {
        let tag = error.tag.as_ref();
        match &error.reason {
            Reason::BadCharset => {
                let text = Text::new("Teckenkodningen stöds inte.", "The charset is not supported.");
                self.line_for_people(tag, "NO", Some(&Code::BadCharset), &text)
            }
            Reason::SpecialUse => {
                let text = Text::new(
                    "En mapp kan inte ha den uppgiften här.",
                    "A mailbox cannot have that use here.",
                );
                self.line_for_people(tag, "NO", Some(&Code::UseAttr), &text)
            }
            Reason::BadEvent => {
                let text = Text::new("Händelsen finns inte här.", "There is no such event here.");
                self.line_for_people(tag, "NO", Some(&Code::BadEvent(Notify::EVENTS)), &text)
            }
            error @ (Reason::Mailbox(_) | Reason::NameEncoding) => {
                let text = Text::new("Mappnamnet kan inte användas.", error.to_string());
                self.line_for_people(tag, "NO", Some(&Code::Cannot), &text)
            }
            Reason::Flags(error) => {
                let text = Text::new("Brevet kan inte märkas så.", error.to_string());
                self.line_for_people(tag, "NO", Some(&Code::Limit), &text)
            }
            other => {
                self.count_bad();
                self.line(tag, "BAD", None, &other.to_string())
            }
        }
    }
}

fn start(tag: Option<&Tag>, state: &str, code: Option<&Code>) -> Vec<u8> {
    let mut line = Vec::with_capacity(64);
    line.extend_from_slice(tag.map_or("*", Tag::as_str).as_bytes());
    line.push(b' ');
    line.extend_from_slice(state.as_bytes());
    line.push(b' ');
    if let Some(code) = code {
        code.write(&mut line);
        line.push(b' ');
    }
    line
}
