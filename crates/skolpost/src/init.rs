//! `init`: the folder of a new service. It makes no person; that is the first act at the console.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use admin::{Caller, NewMunicipality};
use directory::Directory;
use listen::Admission;
use mailbox::Mailboxes;
use model::{Domain, Language, Text};
use parking_lot::Mutex;
use serde_json::json;
use store::Store;

use crate::config::Config;
use crate::failure::Failure;
use crate::files::make_private_folder;
use crate::operations::Engine;
use crate::output::Output;
use crate::{serve, service, tls};

/// Makes the folder.
///
/// # Errors
/// [`Failure`] when the folder has something in it, a name is no name, or the disk refuses.
pub(crate) fn run(
    dir: &Path,
    name: &str,
    domain: &str,
    language: Language,
    port_base: u16,
    output: Output,
) -> Result<(), Failure> {
    let domain: Domain = domain.parse().map_err(|_| {
        Failure::usage(Text::new(
            format!("“{domain}” är inget domännamn; skriv till exempel edu.kommun.se."),
            format!("“{domain}” is not a domain name; write for example edu.kommun.se."),
        ))
    })?;
    make(dir, name, &domain, language, port_base)?;
    let value = json!({ "dir": dir, "domain": domain, "port_base": port_base });
    output.answer(&value, |output| {
        let dir = dir.display();
        match output.language {
            Language::Sv => format!(
                "{dir} är klar för {domain}.\n  Starta:        skolpost serve --dir {dir}\n  Första skolan: skolpost --dir {dir} \
                 school add --code 12345678 --name \"Skolans namn\"\nByt certifikatet i {dir}/tls mot ert eget före drift."
            ),
            Language::En => format!(
                "{dir} is ready for {domain}.\n  Start:        skolpost serve --dir {dir}\n  First school: skolpost --dir {dir} \
                 school add --code 12345678 --name \"The school's name\"\nPut your own certificate into {dir}/tls before use."
            ),
        }
    });
    Ok(())
}

/// The same without a word.
///
/// # Errors
/// As [`run`].
pub(crate) fn make(
    dir: &Path,
    name: &str,
    domain: &Domain,
    language: Language,
    port_base: u16,
) -> Result<(), Failure> {
    if name.trim().is_empty() {
        return Err(Failure::usage(Text::new(
            "Ange kommunens namn med --name.",
            "Say the municipality's name with --name.",
        )));
    }
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        let shown = dir.display();
        return Err(Failure::new(Text::new(
            format!("{shown} är inte tom. Välj en ny mapp; en befintlig tjänst skrivs aldrig över."),
            format!("{shown} is not empty. Choose a new folder; an existing service is never written over."),
        )));
    }
    make_private_folder(dir)?;
    let made = fill(dir, name, domain, language, port_base);
    if made.is_err() {
        // Half a service would only be in the way of the next try; the folder was empty before.
        let _ = fs::remove_dir_all(dir.join("tls"));
        let _ = fs::remove_dir_all(dir.join("data"));
        let _ = fs::remove_file(dir.join("skolpost.toml"));
    }
    made
}

fn fill(dir: &Path, name: &str, domain: &Domain, language: Language, port_base: u16) -> Result<(), Failure> {
    make_private_folder(&dir.join("tls"))?;
    let hostname = format!("mail.{domain}");
    let names = [hostname.clone(), domain.to_string(), "localhost".into(), "127.0.0.1".into(), "::1".into()];
    tls::write_self_signed(&dir.join("tls"), &names)?;
    let file = dir.join("skolpost.toml");
    let text = settings(&hostname, language, port_base);
    fs::write(&file, text).map_err(|error| Failure::file(&file, &error))?;
    let config = Config::load(&file)?;
    let new = NewMunicipality { name: name.to_owned(), language, domain: domain.clone() };
    serve::runtime()?.block_on(async {
        let (store, engine) = service::open_engine(dir, &config)?;
        let engine: Engine = Arc::new(Mutex::new(Some(Arc::new(engine))));
        let created = create(&config, store, &engine, new).await;
        if let Some(engine) = engine.lock().take().and_then(Arc::into_inner) {
            engine.close().map_err(|error| Failure::internal("store", &error))?;
        }
        created
    })
}

async fn create(config: &Config, store: Store, engine: &Engine, new: NewMunicipality) -> Result<(), Failure> {
    let now = service::now();
    let directory = Directory::new(store.clone(), config.auth.passwords.clone());
    let (limits, reading) = (config.limits.mailbox.clone(), config.limits.message.clone());
    let mailboxes = Mailboxes::new(store, limits, reading, now);
    let admission = Admission::new(config.limits.connections.clone());
    let admin = service::administration(config, &directory, &mailboxes, engine, &admission);
    let caller = Caller { uid: rustix::process::geteuid().as_raw() };
    admin.create_municipality(caller, new, now).await.map(drop).map_err(|error| {
        let failure = error.failure();
        Failure::with_code(Text::new(failure.sv, failure.en), failure.code)
    })
}

fn settings(hostname: &str, language: Language, port_base: u16) -> String {
    let language = match language {
        Language::Sv => "sv",
        Language::En => "en",
    };
    let addresses = if port_base == 0 { "[\"::\", \"0.0.0.0\"]" } else { "[\"::1\", \"127.0.0.1\"]" };
    format!(
        "# The settings of this service. What is not said here has its default; config/skolpost.toml of the source shows\n\
         # every setting with its default. Certificates are read again by themselves, this file at the next start.\n\
         hostname = \"{hostname}\"\n\
         language = \"{language}\"\n\n\
         [listen]\n\
         addresses = {addresses}\n\
         port_base = {port_base}\n\n\
         [auth]\n\
         # From these networks log-ins without TLS are taken, such as a webmail on the same machine.\n\
         plaintext_networks = []\n"
    )
}
