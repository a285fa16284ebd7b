//! The service's end of the command line's socket.
//!
//! Mode 0600, and only the service's own uid and root are listened to: they act as `console`, the `central_admin` of
//! every municipality in this installation. One line in, lines out, as `admin-api` says.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use admin::{Caller, Lines};
use listen::Stop;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::failure::Failure;
use crate::service::{Service, now};

/// Longest line: an import carries its file.
pub(crate) const LINE_OCTETS_MAX: usize = 32 << 20;
/// For the call to arrive.
const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// Where the socket is.
pub(crate) fn socket_path(dir: &Path) -> PathBuf {
    dir.join("skolpost.sock")
}

/// Binds the socket and serves it until the stop.
///
/// # Errors
/// [`Failure`] when it cannot be bound.
pub(crate) fn serve(service: &Arc<Service>, stop: &Stop, tasks: &mut JoinSet<()>) -> Result<(), Failure> {
    let path = socket_path(&service.dir);
    // The store's lock says that no other service runs here, so that what lies there is left over.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::file(&path, &error)),
        _ => {}
    }
    let listener = bind(&path).map_err(|error| Failure::file(&path, &error))?;
    let (service, mut stop) = (service.clone(), stop.clone());
    tasks.spawn(async move {
        let mut calls = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.wait() => break,
                Some(_) = calls.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => drop(calls.spawn(answer(service.clone(), stream))),
                    Err(error) => warn!(%error, "command line"),
                }
            }
        }
        let _ = fs::remove_file(&path);
        while calls.join_next().await.is_some() {}
    });
    Ok(())
}

/// Never open to others, not even for a moment: made under a name that nobody knows, in a folder that only we enter.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let hidden = path.with_extension("new");
    match fs::remove_file(&hidden) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&hidden)?;
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o600))?;
    fs::rename(&hidden, path)?;
    Ok(listener)
}

async fn answer(service: Arc<Service>, stream: UnixStream) {
    let uid = match stream.peer_cred() {
        Ok(credentials) => credentials.uid(),
        Err(error) => return warn!(%error, "command line: who is it?"),
    };
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return warn!(uid, "command line: not ours");
    }
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    let mut input = BufReader::new(read).take(LINE_OCTETS_MAX as u64);
    match timeout(CALL_TIME_MAX, input.read_until(b'\n', &mut line)).await {
        Ok(Ok(count)) if count > 0 => {}
        _ => return,
    }
    let (sender, mut replies) = mpsc::channel(16);
    let work = {
        let service = service.clone();
        // A task of its own: when the caller goes away, what was begun is finished all the same.
        tokio::spawn(async move {
            service.admin.answer_line(Caller { uid }, &line, Lines::new(sender), now()).await
        })
    };
    while let Some(reply) = replies.recv().await {
        let mut line = serde_json::to_vec(&reply).expect("replies are plain data with text keys");
        line.push(b'\n');
        if let Err(error) = write.write_all(&line).await {
            debug!(%error, "the command line went away");
            // An import stops before its next passwords, which would be told to nobody.
            drop(replies);
            break;
        }
    }
    if let Err(error) = work.await {
        warn!(%error, "command line: a call broke off");
    }
}
