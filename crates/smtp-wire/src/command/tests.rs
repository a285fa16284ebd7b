//! Command lines, good and bad, and parse → print → parse.

use proptest::prelude::*;

use super::*;

fn parse(line: &str, service: Service) -> Result<Command, CommandError> {
    Command::parse(line.as_bytes(), service)
}
fn printed(line: &str, service: Service) -> String {
    parse(line, service).map_or_else(|error| format!("! {error}"), |command| command.to_string())
}

#[test]
fn commands_print_in_one_spelling() {
    for (line, print) in [
        ("ehlo Mail.Example.Test", "EHLO mail.example.test"),
        ("HELO [192.0.2.1]", "HELO [192.0.2.1]"),
        ("EHLO [ipv6:2001:DB8::1]", "EHLO [IPv6:2001:db8::1]"),
        (
            "mail from:<Ada@Skola.Test> size=10 body=8bitmime smtputf8",
            "MAIL FROM:<Ada@skola.test> SIZE=10 BODY=8BITMIME SMTPUTF8",
        ),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        ("RCPT TO:<@a.test,@b.test:\"a b\"@c.test>", "RCPT TO:<\"a b\"@c.test>"),
        ("RCPT TO:<\"a>b\"@c.test>", "RCPT TO:<\"a>b\"@c.test>"),
        ("RCPT TO:<pOSTMASTER>", "RCPT TO:<Postmaster>"),
        ("DATA  ", "DATA"),
        ("bdat 0 last", "BDAT 0 LAST"),
        ("NOOP whatever", "NOOP"),
        ("AUTH plain AGFkYQBwdw==", "AUTH PLAIN ***"),
        ("AUTH CRAM-MD5", "AUTH UNKNOWN"),
    ] {
        assert_eq!(printed(line, Service::Relay), print);
    }
}

#[test]
fn lines_that_are_no_commands() {
    use CommandError as E;
    let to = |error| E::Path(Side::To, error);
    for (line, error) in [
        ("", E::Unknown),
        (" NOOP", E::Unknown),
        ("NOOP\t", E::Characters),
        ("NOOP\0", E::Characters),
        ("EHLO", E::HelloName),
        ("EHLO my_pc", E::HelloName),
        ("DATA now", E::Syntax("DATA")),
        ("MAIL ada@skola.test", E::Syntax("MAIL FROM:<name@domain>")),
        ("RCPT TO: <ada@skola.test>", to(PathError::NoBrackets)),
        ("RCPT TO:<ada@skola.test", to(PathError::Unbalanced)),
        ("RCPT TO:<<ada@skola.test>>", to(PathError::Unbalanced)),
        ("RCPT TO:<ada@skola.test>x", to(PathError::Unbalanced)),
        ("RCPT TO:<\"ada@skola.test>", to(PathError::Unbalanced)),
        ("RCPT TO:<>", to(PathError::Empty)),
        ("RCPT TO:<@a.test>", to(PathError::Route)),
        ("RCPT TO:<a.test:ada@skola.test>", to(PathError::Address(AddressError::LocalCharacter(6)))),
        ("RCPT TO:<ada@[192.0.2.1]>", to(PathError::Literal)),
        ("RCPT TO:<ada>", to(PathError::Address(AddressError::NoAt))),
        ("RCPT TO:<ada@skola.test> NOTIFY=NEVER", E::UnknownParameter),
        ("MAIL FROM:<> AUTH=<>", E::UnknownParameter),
        ("MAIL FROM:<> SIZE=1 SIZE=1", E::BadParameter),
        ("MAIL FROM:<> SIZE=-1", E::BadParameter),
        ("MAIL FROM:<> SIZE", E::BadParameter),
        ("MAIL FROM:<> BODY=BINARYMIME", E::BadParameter),
        ("MAIL FROM:<> SMTPUTF8=1", E::BadParameter),
        ("BDAT", E::ChunkSize),
        ("BDAT +1", E::ChunkSize),
        ("BDAT 99999999999999999999", E::ChunkSize),
        ("BDAT 1 FIRST", E::ChunkSize),
        ("EXPN all", E::NotImplemented),
        ("GET / HTTP/1.1", E::Http),
    ] {
        assert_eq!(parse(line, Service::Relay), Err(error), "{line:?}");
    }
    assert_eq!(Command::parse(b"NOOP \xff", Service::Relay), Err(E::Characters));
}

#[test]
fn submission_forgives() {
    for (line, print) in [
        ("MAIL FROM: <ada@skola.test> AUTH=<>", "MAIL FROM:<ada@skola.test>"),
        ("RCPT TO:  <ada@skola.test>", "RCPT TO:<ada@skola.test>"),
        ("EHLO my_pc", "EHLO my_pc"),
        ("EHLO Åsas dator (hemma)", "EHLO -sas-dator--hemma-"),
    ] {
        assert_eq!(printed(line, Service::Submission), print);
    }
    assert_eq!(Command::parse(b"HELO \xc5sa pc", Service::Submission).unwrap().to_string(), "HELO -sa-pc");
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(
        verb in "MAIL FROM:|RCPT TO:|EHLO |HELO |BDAT |AUTH PLAIN|VRFY |NOOP ",
        path in "(<(@[a-z.]{1,8}:)?[a-zå.\"\\\\ ]{0,12}(@[a-z.-]{1,10})?>)?",
        rest in "( (SIZE=[0-9]{1,22}|BODY=(7BIT|8bitmime)|SMTPUTF8|[A-Z0-9]{1,6})){0,3}",
        submission: bool,
    ) {
        let service = if submission { Service::Submission } else { Service::Relay };
        if let Ok(command) = parse(&format!("{verb}{path}{rest}"), service) {
            // A secret and a name to verify are not printed.
            if !matches!(command, Command::Auth { .. } | Command::Vrfy) {
                prop_assert_eq!(parse(&command.to_string(), service), Ok(command));
            }
        }
    }
    #[test]
    fn addresses_print_and_parse(local in "[!-~åäö ]{1,20}", domain in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){0,2}") {
        let quoted = local.replace('\\', "\\\\").replace('"', "\\\"");
        let command = parse(&format!("RCPT TO:<\"{quoted}\"@{domain}>"), Service::Relay).unwrap();
        prop_assert_eq!(parse(&command.to_string(), Service::Relay), Ok(command));
    }
    #[test]
    fn no_line_panics(line in prop::collection::vec(any::<u8>(), 0..200), submission: bool) {
        let _ = Command::parse(&line, if submission { Service::Submission } else { Service::Relay });
    }
}
