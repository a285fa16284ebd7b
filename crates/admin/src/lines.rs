//! The lines of an answer on their way to the caller.

use admin_api::{FirstPassword, Progress, Reply};
use model::Text;
use tokio::sync::mpsc;

use crate::AdminError;

/// Takes progress; the sender waits when the caller is slow.
#[derive(Clone, Debug)]
pub struct Lines(mpsc::Sender<Reply>);

impl Lines {
    /// Into a channel.
    pub const fn new(sender: mpsc::Sender<Reply>) -> Self {
        Self(sender)
    }
    /// Tells how far it has come. A caller that is slow misses some of it.
    pub fn progress(&self, step: Text, done: u64, total: Option<u64>) {
        let _ = self.0.try_send(Reply::Progress(Progress { step, done, total }));
    }
    pub(crate) async fn created(&self, passwords: Vec<FirstPassword>) -> Result<(), AdminError> {
        self.0.send(Reply::Created(passwords)).await.map_err(|_| AdminError::Gone)
    }
    /// Is there still somebody to tell? Asked before anything is done that is told only once.
    pub(crate) fn listening(&self) -> Result<(), AdminError> {
        if self.0.is_closed() { Err(AdminError::Gone) } else { Ok(()) }
    }
    pub(crate) async fn last(&self, reply: Reply) {
        // Who has hung up does not hear it.
        let _ = self.0.send(reply).await;
    }
}
