//! `import`: a school's file in, accounts out, first passwords into a file that only its owner reads.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use admin_api::{Answer, FileBytes, FirstPassword, ImportReport, Request};
use model::{Language, Text};

use super::{Ask, unexpected};
use crate::client;
use crate::failure::Failure;
use crate::output::Output;

/// Runs the import.
///
/// # Errors
/// [`Failure`]: the file, the service, or problems in the rows (which change nothing).
pub(super) fn run(ask: &Ask<'_>, file: &Path, dry_run: bool, secrets: Option<&Path>) -> Result<(), Failure> {
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    let mut passwords = match (dry_run, secrets) {
        (true, _) => None,
        (false, Some(path)) => Some(Secrets::create(path)?),
        (false, None) => {
            return Err(Failure::usage(Text::new(
                "Nya konton får lösenord: ange en ny fil för dem med --secrets-out FIL (eller pröva med --dry-run).",
                "New accounts get passwords: name a new file for them with --secrets-out FILE (or try --dry-run).",
            )));
        }
    };
    let call = ask.call(Request::Import { file: FileBytes(bytes), dry_run });
    let answer = client::call(ask.dir, &call, ask.output, |people| match &mut passwords {
        Some(passwords) => passwords.write(&people),
        None => Ok(()),
    });
    if let Some(passwords) = passwords {
        passwords.finish()?;
    }
    let Answer::Import(report) = answer? else { return Err(unexpected()) };
    let clean = report.problems.is_empty();
    ask.output.answer(&report, |output| words(&report, output));
    if clean {
        return Ok(());
    }
    Err(Failure::with_code(
        Text::new(
            format!(
                "{} fel i filen; inget är ändrat. Rätta raderna och importera igen.",
                report.problems.len()
            ),
            format!(
                "Problems in the file: {}. Nothing was changed. Correct the rows and import again.",
                report.problems.len()
            ),
        ),
        "import",
    ))
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    let path = file.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(Text::new(
            format!("Filen {path} finns inte. Kontrollera namnet och mappen."),
            format!("There is no file {path}. Check its name and folder."),
        )),
        _ => Failure::file(file, error),
    }
}

/// The file of first passwords.
struct Secrets<'a> {
    path: &'a Path,
    file: File,
    count: usize,
}

impl<'a> Secrets<'a> {
    /// Made before anything is done: who cannot keep the passwords must not make the accounts.
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let mut options = File::options();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| Failure::file(path, &error))?;
        let mut secrets = Self { path, file, count: 0 };
        // Excel needs the mark to read å, ä and ö.
        secrets.put("\u{feff}Skolenhetskod;Klass;Förnamn;Efternamn;E-post;Lösenord\r\n")?;
        Ok(secrets)
    }
    fn put(&mut self, text: &str) -> Result<(), Failure> {
        self.file.write_all(text.as_bytes()).map_err(|error| Failure::file(self.path, &error))
    }
    fn write(&mut self, people: &[FirstPassword]) -> Result<(), Failure> {
        for person in people {
            let optional = |text: &Option<String>| text.clone().unwrap_or_default();
            let fields = [
                optional(&person.school),
                optional(&person.class),
                person.first.clone(),
                person.last.clone(),
                person.address.to_string(),
                person.password.expose().to_owned(),
            ];
            let row: Vec<_> = fields.iter().map(|field| cell(field)).collect();
            self.put(&format!("{}\r\n", row.join(";")))?;
            self.count += 1;
        }
        // Told once: on the disk before the next accounts are made.
        self.file.sync_data().map_err(|error| Failure::file(self.path, &error))
    }
    fn finish(mut self) -> Result<(), Failure> {
        let ended = self.file.sync_all().and_then(|()| self.file.stream_position());
        ended.map_err(|error| Failure::file(self.path, &error))?;
        if self.count == 0 {
            fs::remove_file(self.path).map_err(|error| Failure::file(self.path, &error))?;
        }
        Ok(())
    }
}

/// One cell: quoted where it must, and never a formula, whatever somebody is called.
fn cell(text: &str) -> String {
    let harmless =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if harmless.contains([';', '"', '\n', '\r']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless
    }
}

fn words(report: &ImportReport, output: Output) -> String {
    let mut lines = Vec::new();
    if !report.read_as.is_empty() {
        lines.push(match output.language {
            Language::Sv => format!("Filen läst som {}.", report.read_as),
            Language::En => format!("The file was read as {}.", in_english(&report.read_as)),
        });
    }
    if !report.samples.is_empty() {
        let samples = report.samples.join(", ");
        lines.push(match output.language {
            Language::Sv => format!("Ser namnen rätt ut? {samples}"),
            Language::En => format!("Do these names look right? {samples}"),
        });
    }
    lines.extend(report.notes.iter().map(|note| output.say(note)));
    for problem in &report.problems {
        let place = match (&problem.column, output.language) {
            (Some(column), Language::Sv) => format!("rad {}, kolumn {column}: ", problem.row),
            (Some(column), Language::En) => format!("row {}, column {column}: ", problem.row),
            (None, _) if problem.row == 0 => String::new(),
            (None, Language::Sv) => format!("rad {}: ", problem.row),
            (None, Language::En) => format!("row {}: ", problem.row),
        };
        lines.push(format!("{place}{}", output.say(&problem.text)));
    }
    if report.problems.is_empty() {
        let (created, present) = (report.created, report.present);
        lines.push(match (report.dry_run, output.language) {
            (true, Language::Sv) => {
                format!("Konton som skulle skapas: {created}. Finns redan: {present}. Inget är ändrat.")
            }
            (true, Language::En) => {
                format!(
                    "Accounts that would be made: {created}. Exist already: {present}. Nothing was changed."
                )
            }
            (false, Language::Sv) => format!("Konton skapade: {created}. Fanns redan: {present}."),
            (false, Language::En) => format!("Accounts made: {created}. Existed already: {present}."),
        });
    }
    if report.held > 0 {
        let held = report.held;
        lines.push(match output.language {
            Language::Sv => format!("{held} skyddade rader hölls tillbaka; inget är skapat av dem."),
            Language::En => format!("{held} protected rows were held back; nothing was made of them."),
        });
    }
    lines.join("\n")
}

/// The separator's name; the service tells it in Swedish.
fn in_english(read_as: &str) -> String {
    let words = [("semikolon", "semicolon"), ("komma", "comma"), ("tabb", "tab")];
    let found = words.iter().find_map(|(sv, en)| Some(format!("{}{en}", read_as.strip_suffix(sv)?)));
    found.unwrap_or_else(|| read_as.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{cell, in_english};

    #[test]
    fn the_separator_is_told_in_english() {
        assert_eq!(in_english("Excel (Windows-1252), semikolon"), "Excel (Windows-1252), semicolon");
        assert_eq!(in_english("UTF-8, komma"), "UTF-8, comma");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("Åsa", "Åsa"),
            ("=1+1", "'=1+1"),
            ("af Klint; d.y.", "\"af Klint; d.y.\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(cell(text), written);
        }
        assert_eq!(cell("-x;\"y\""), "\"'-x;\"\"y\"\"\"");
    }
}
