//! The command line's end of the socket: one call, then lines until the last.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use admin_api::{Answer, Call, FirstPassword, Progress, Reply};
use indicatif::{ProgressBar, ProgressStyle};
use model::Text;

use crate::failure::Failure;
use crate::output::Output;
use crate::socket::{LINE_OCTETS_MAX, socket_path};

/// Makes a call; `created` gets first passwords as they come.
///
/// # Errors
/// [`Failure`]: the service does not run, or it refused.
pub(crate) fn call(
    dir: &Path,
    call: &Call,
    output: Output,
    mut created: impl FnMut(Vec<FirstPassword>) -> Result<(), Failure>,
) -> Result<Answer, Failure> {
    let mut stream = connect(dir)?;
    let lost = |error: std::io::Error| {
        Failure::new(Text::new(
            format!("Förbindelsen med tjänsten bröts: {error}. Se dess logg."),
            format!("The connection to the service was lost: {error}. See its log."),
        ))
    };
    let mut line = serde_json::to_vec(call).expect("calls are plain data with text keys");
    line.push(b'\n');
    stream.write_all(&line).map_err(lost)?;
    let mut lines = BufReader::new(stream.take(u64::MAX));
    let mut bar = None;
    loop {
        let mut line = String::new();
        let read = lines.by_ref().take(LINE_OCTETS_MAX as u64).read_line(&mut line).map_err(lost)?;
        if read == 0 {
            return Err(lost(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let reply: Reply = serde_json::from_str(&line).map_err(|error| {
            Failure::new(Text::new(
                format!("Tjänsten svarade något som det här programmet inte förstår ({error}). Är de av samma version?"),
                format!("The service answered what this program does not understand ({error}). Are they of one version?"),
            ))
        })?;
        match reply {
            Reply::Progress(progress) => show(&mut bar, &progress, output),
            Reply::Created(people) => created(people)?,
            Reply::Ok(answer) => {
                finish(bar);
                return Ok(*answer);
            }
            Reply::Error(failure) => {
                finish(bar);
                return Err(Failure::with_code(Text::new(failure.sv, failure.en), failure.code));
            }
        }
    }
}

fn connect(dir: &Path) -> Result<UnixStream, Failure> {
    let path = socket_path(dir);
    let stream = UnixStream::connect(&path).map_err(|error| {
        let dir = dir.display();
        let text = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Text::new(
                format!(
                    "Du får inte tala med tjänsten i {dir}. Kör kommandot som tjänstens användare eller root."
                ),
                format!(
                    "You may not speak to the service in {dir}. Run this as the service's user or as root."
                ),
            ),
            _ => Text::new(
                format!("Tjänsten i {dir} svarar inte. Starta den med: skolpost serve --dir {dir}"),
                format!("The service in {dir} does not answer. Start it with: skolpost serve --dir {dir}"),
            ),
        };
        Failure::with_code(text, "not_running")
    })?;
    // An answer may take long, but its lines come at least this often.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(600)));
    Ok(stream)
}

fn show(bar: &mut Option<ProgressBar>, progress: &Progress, output: Output) {
    if output.json {
        return;
    }
    // Drawn on standard error, and only where that is a terminal.
    let bar = bar.get_or_insert_with(|| {
        let style =
            ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {eta}").expect("a sound template");
        ProgressBar::new(0).with_style(style)
    });
    if let Some(total) = progress.total {
        bar.set_length(total);
    }
    bar.set_position(progress.done);
    bar.set_message(output.say(&progress.step));
}

fn finish(bar: Option<ProgressBar>) {
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}
