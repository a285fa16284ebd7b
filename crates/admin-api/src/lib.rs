//! What the command line says to the service, and what it hears.
//!
//! One request is one line of JSON: `{"op": "school-add", "lang": "sv", "code": "99900001", "name": "Åsaskolan"}`. The
//! answer is any number of `{"progress": …}` and `{"created": …}` lines and then one line that ends it:
//! `{"ok": …}` or `{"error": {"code": …, "sv": …, "en": …}}`. `code` is a word that programs can rely on.

mod answer;
mod function;
mod reply;
mod request;
mod secret;

pub use answer::{
    Account, Answer, AuditEntry, CheckReport, Class, DeliveryStatus, Domain, ExportReport, Finding,
    ImportProblem, ImportReport, Letter, Municipality, NewAccount, Quota, QuotaLine, Recipient, School,
    SearchIndexReport, Status,
};
pub use function::{Function, Member, MemberRights};
pub use reply::{Failure, FirstPassword, Progress, Reply};
pub use request::{Call, Request};
pub use secret::{FileBytes, Password};

#[cfg(test)]
mod tests {
    use model::{Language, Text};
    use serde_json::{from_str, to_string};

    use super::*;

    #[test]
    fn a_call_is_one_line_with_its_operation() {
        let line =
            r#"{"op":"school-add","lang":"sv","as":"eva@skola.test","code":"99900001","name":"Åsaskolan"}"#;
        let call: Call = from_str(line).unwrap();
        assert_eq!(call.acting_as.as_deref(), Some("eva@skola.test"));
        assert_eq!(call.request, Request::SchoolAdd { code: "99900001".into(), name: "Åsaskolan".into() });
        let plain = Call::new(Language::En, Request::Status);
        assert_eq!(to_string(&plain).unwrap(), r#"{"lang":"en","op":"status"}"#);
        for request in [Request::Status, Request::DomainList, Request::AccountLock { account: "a".into() }] {
            let wire = serde_json::to_value(&request).unwrap();
            assert_eq!(wire["op"], request.op());
        }
        assert_eq!(from_str::<Call>(r#"{"op":"status"}"#).unwrap().lang, Language::Sv);
        assert!(from_str::<Call>(r#"{"op":"destroy"}"#).is_err());
    }

    #[test]
    fn files_and_passwords_read_back_and_do_not_print() {
        let file = FileBytes(vec![0xff, 0, b'a']);
        let call = Call::new(Language::Sv, Request::Import { file, dry_run: true });
        assert_eq!(from_str::<Call>(&to_string(&call).unwrap()).unwrap(), call);
        let passwd: Call =
            from_str(r#"{"op":"account-passwd","account":"a@b.test","password":"hemlig-sak"}"#).unwrap();
        assert!(!format!("{passwd:?} {call:?}").contains("hemlig"));
    }

    #[test]
    fn the_last_line_is_ok_or_error() {
        let failure = Failure::new("exists", Text::new("Finns redan.", "Exists already."));
        let line = to_string(&Reply::Error(failure)).unwrap();
        assert_eq!(line, r#"{"error":{"code":"exists","sv":"Finns redan.","en":"Exists already."}}"#);
        assert!(from_str::<Reply>(&line).unwrap().is_last());
        assert_eq!(to_string(&Reply::Ok(Box::new(Answer::Done))).unwrap(), r#"{"ok":"done"}"#);
        let progress = Progress { step: Text::new("Läser", "Reading"), done: 1, total: None };
        assert!(!Reply::Progress(progress).is_last());
    }
}
