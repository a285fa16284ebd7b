//! The wish to stop, told to everybody at once.

use tokio::sync::watch;

/// Says when it is over.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Hears of it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Default for Stopper {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopper {
    /// A listener for the wish.
    pub fn stop(&self) -> Stop {
        Stop(self.0.subscribe())
    }
    /// It is over.
    pub fn set(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Is it over?
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }
    /// Returns when it is over; also when the [`Stopper`] is gone.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|set| *set).await;
    }
}
