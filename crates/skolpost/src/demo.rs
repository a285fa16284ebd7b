//! `demo`: a complete fictitious municipality on loopback, for trying a mail program.

mod letters;
mod people;

use std::fs;
use std::path::{Path, PathBuf};

use admin_api::{Answer, MemberRights, Password, Request};
use indicatif::ProgressBar;
use model::{Domain, EmailAddress, Language, ReversePath, Role, Text};
use serde_json::json;

use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::serve::{self, Running};
use crate::{init, service};

const DOMAIN: &str = "skola.test";
const NAME: &str = "Granköpings kommun";
/// A function of the first school.
const OFFICE: &str = "expedition@skola.test";
/// Everybody's; the demo listens on loopback only.
const PASSWORD: &str = "demo-grankoping";
/// Marks a folder that a demo made.
const MARK: &str = ".skolpost-demo";

/// Runs the demo until Ctrl-C.
///
/// # Errors
/// [`Failure`] when the folder is not free or a port is taken.
pub(crate) fn run(dir: Option<&Path>, port_base: u16, output: Output) -> Result<(), Failure> {
    let place = Place::take(dir)?;
    let done = run_in(&place, port_base, output);
    place.leave(done.is_ok(), output);
    done
}

fn run_in(place: &Place, port_base: u16, output: Output) -> Result<(), Failure> {
    let fresh = !place.dir.join("skolpost.toml").exists();
    let domain: Domain = DOMAIN.parse().expect("a domain name");
    if fresh {
        init::make(&place.dir, NAME, &domain, output.language, port_base)?;
        let mark = place.dir.join(MARK);
        fs::write(&mark, "").map_err(|error| Failure::file(&mark, &error))?;
    }
    let mut config = Config::load(&place.dir.join("skolpost.toml"))?;
    config.listen.port_base = port_base;
    serve::forbid_core_dumps();
    serve::runtime()?.block_on(async {
        let signal = serve::termination()?;
        let running = Running::start(&place.dir, config).await?;
        let people = if fresh { populate(&running, output).await? } else { Vec::new() };
        tell(place, port_base, &people, output);
        signal.await;
        running.stop().await;
        Ok(())
    })
}

/// The folder of a demo.
struct Place {
    dir: PathBuf,
    /// Made by this run in the temporary folder, so that it goes with it.
    ours: bool,
}

impl Place {
    fn take(dir: Option<&Path>) -> Result<Self, Failure> {
        let Some(dir) = dir else {
            let dir = std::env::temp_dir().join(format!("skolpost-demo-{}", std::process::id()));
            crate::files::make_new_private_folder(&dir)?;
            return Ok(Self { dir, ours: true });
        };
        let used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if used && !dir.join(MARK).exists() {
            let shown = dir.display();
            return Err(Failure::new(Text::new(
                format!("{shown} är inte tom och ingen tidigare demo. Välj en ny mapp."),
                format!("{shown} is neither empty nor an earlier demo. Choose a new folder."),
            )));
        }
        Ok(Self { dir: dir.to_owned(), ours: false })
    }

    fn leave(self, ran: bool, output: Output) {
        if self.ours {
            if let Err(error) = fs::remove_dir_all(&self.dir) {
                eprintln!("{}: {error}", self.dir.display());
            }
        } else if ran && !output.json {
            let dir = self.dir.display();
            output::line(&match output.language {
                Language::Sv => format!("Demon finns kvar i {dir}; starta den igen med samma --dir."),
                Language::En => format!("The demo is kept in {dir}; start it again with the same --dir."),
            });
        }
    }
}

/// Somebody with an account.
struct Resident {
    person: people::Person,
    name: String,
    address: EmailAddress,
}

/// Schools, classes, accounts and letters, through the same doors as in a real municipality.
async fn populate(running: &Running, output: Output) -> Result<Vec<Resident>, Failure> {
    let service = running.service();
    for school in &people::SCHOOLS {
        service.ask(Request::SchoolAdd { code: school.code.into(), name: school.name.into() }).await?;
    }
    let everybody: Vec<_> = people::everybody().collect();
    let bar = if output.json { ProgressBar::hidden() } else { ProgressBar::new(everybody.len() as u64) };
    let mut residents = Vec::new();
    for person in everybody {
        let request = Request::AccountAdd {
            school: Some(person.school.into()),
            role: person.role,
            first: person.first.into(),
            last: person.last.into(),
            class: person.class.map(Into::into),
            address: None,
            password: Some(Password::new(PASSWORD.into())),
        };
        let Answer::NewAccount(new) = service.ask(request).await? else { continue };
        let name = format!("{} {}", person.first, person.last);
        residents.push(Resident { person, name, address: new.account.address });
        bar.inc(1);
    }
    bar.finish_and_clear();
    open_office(running, &residents).await?;
    send_letters(running, &residents).await?;
    Ok(residents)
}

/// The first school's office, which its staff reads and answers from.
async fn open_office(running: &Running, residents: &[Resident]) -> Result<(), Failure> {
    let (service, school) = (running.service(), people::SCHOOLS[0].code);
    let mut staff = residents
        .iter()
        .filter(|resident| resident.person.role != Role::Pupil && resident.person.school == school)
        .map(|resident| resident.address.to_string());
    let address: EmailAddress = OFFICE.parse().expect("an address");
    let (name, manager) = ("Expeditionen".to_owned(), staff.next());
    let school = school.into();
    let add = Request::FunctionAdd { school, address: address.clone(), name, confidential: false, manager };
    service.ask(add).await?;
    for account in staff {
        let (function, rights) = (address.to_string(), MemberRights::Reply);
        service.ask(Request::FunctionMemberAdd { function, account, rights }).await?;
    }
    Ok(())
}

async fn send_letters(running: &Running, residents: &[Resident]) -> Result<(), Failure> {
    let intake = &running.service().intake;
    for mentor in residents.iter().filter(|resident| resident.person.role == Role::Mentor) {
        let home = |resident: &&Resident| {
            let (theirs, ours) = (&resident.person, &mentor.person);
            theirs.role == Role::Pupil && (theirs.school, theirs.class) == (ours.school, ours.class)
        };
        let class: Vec<_> = residents.iter().filter(home).map(|resident| resident.address.clone()).collect();
        for letter in &letters::LETTERS {
            let to = if letter.to_class { &class[..] } else { &class[..class.len().min(1)] };
            let shown: Vec<_> = to.iter().map(ToString::to_string).collect();
            let shown: Vec<_> = shown.iter().map(String::as_str).collect();
            let content = letters::compose((&mentor.name, &mentor.address.to_string()), &shown, letter);
            let from = ReversePath::Address(mentor.address.clone());
            flow::notice(intake, from, to.iter().cloned(), &content, service::now())
                .await
                .map_err(|refusal| Failure::new(refusal.text))?;
        }
    }
    Ok(())
}

/// How to connect, with accounts to try.
fn tell(place: &Place, port_base: u16, residents: &[Resident], output: Output) {
    let port = |well_known: u16| port_base + well_known;
    let certificate = place.dir.join("tls/skolpost-ca.crt");
    if output.json {
        let accounts: Vec<_> = residents
            .iter()
            .map(|resident| {
                json!({ "name": resident.name, "address": resident.address, "role": resident.person.role,
                "school": resident.person.school, "class": resident.person.class })
            })
            .collect();
        let value = json!({ "dir": place.dir, "certificate": certificate, "password": PASSWORD, "accounts": accounts,
            "ports": { "smtp": port(25), "imap": port(143), "submissions": port(465), "submission": port(587), "imaps": port(993) } });
        return output::line(&value.to_string());
    }
    let rows = residents.iter().map(|resident| {
        let person = &resident.person;
        vec![
            resident.address.to_string(),
            resident.name.clone(),
            person.role.label(output.language).to_owned(),
            format!("{} {}", person.school, person.class.unwrap_or_default()),
        ]
    });
    let head = [("Adress", "Address"), ("Namn", "Name"), ("Roll", "Role"), ("Skola, klass", "School, class")];
    let none = ("Kontona är desamma som förra gången.", "The accounts are those of last time.");
    output::line(&output.table(&head, rows.collect(), none));
    let (imaps, submissions, smtp) = (port(993), port(465), port(25));
    let (dir, certificate) = (place.dir.display(), certificate.display());
    // As it can be typed: after `cargo run` the program is in nobody's path.
    let program =
        std::env::current_exe().map_or_else(|_| "skolpost".into(), |path| path.display().to_string());
    output::line(&match output.language {
        Language::Sv => format!(
            "\n{NAME} är igång på den här datorn. Alla har lösenordet {PASSWORD}\n\n\
             Ställ in e-postprogrammet (Thunderbird, Outlook, Apple Mail …) för någon av adresserna ovan:\n  \
             Inkommande: IMAP,  server localhost, port {imaps}, SSL/TLS, vanligt lösenord, användarnamn = adressen\n  \
             Utgående:   SMTP,  server localhost, port {submissions}, SSL/TLS, vanligt lösenord, användarnamn = adressen\n  \
             Certifikatet är självsignerat: godkänn det, eller lita på {certificate}\n\n\
             Personalen på Åsaskolan ser också {OFFICE}, under mappen Delade.\n\
             Skicka som utifrån:  swaks --server localhost:{smtp} --from nagon@exempel.test --to ADRESS\n\
             Läs på kommandorad:  curl --cacert {certificate} --user 'ADRESS:{PASSWORD}' imaps://localhost:{imaps}/INBOX?ALL\n\
             Styr med:            {program} --dir {dir} status\n\nCtrl-C avslutar."
        ),
        Language::En => format!(
            "\n{NAME} is running on this computer. Everybody has the password {PASSWORD}\n\n\
             Set up a mail program (Thunderbird, Outlook, Apple Mail …) for one of the addresses above:\n  \
             Incoming: IMAP,  server localhost, port {imaps}, SSL/TLS, normal password, user name = the address\n  \
             Outgoing: SMTP,  server localhost, port {submissions}, SSL/TLS, normal password, user name = the address\n  \
             The certificate is self-signed: accept it, or trust {certificate}\n\n\
             The staff of Åsaskolan also see {OFFICE}, below the mailbox Delade.\n\
             Send as from outside:     swaks --server localhost:{smtp} --from somebody@example.test --to ADDRESS\n\
             Read on the command line: curl --cacert {certificate} --user 'ADDRESS:{PASSWORD}' imaps://localhost:{imaps}/INBOX?ALL\n\
             Administer with:          {program} --dir {dir} status\n\nCtrl-C ends it."
        ),
    });
}
