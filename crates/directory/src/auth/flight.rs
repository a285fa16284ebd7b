//! Equal questions that come together are asked once.

use std::collections::HashMap;
use std::future::Future;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::AuthError;
use super::verifier::Mac;

/// What came out: right or wrong, or why nobody knows.
pub(super) type Verdict = Result<bool, AuthError>;

#[derive(Default)]
pub(super) struct Flights {
    flying: Mutex<HashMap<Mac, watch::Receiver<Option<Verdict>>>>,
}

enum Seat<'a> {
    Leader(Landing<'a>),
    Passenger(watch::Receiver<Option<Verdict>>),
}

/// Takes the flight off the board, also when its leader hangs up half-way.
struct Landing<'a> {
    flights: &'a Flights,
    mac: Mac,
    tell: watch::Sender<Option<Verdict>>,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.flights.flying.lock().remove(&self.mac);
    }
}

impl Flights {
    /// Runs `ask`, or waits for the one who does already. If that one gives up, the next takes over.
    pub(super) async fn join<F: Future<Output = Verdict>>(&self, mac: Mac, ask: impl Fn() -> F) -> Verdict {
        loop {
            match self.seat(mac) {
                Seat::Leader(landing) => {
                    let verdict = ask().await;
                    landing.tell.send_replace(Some(verdict.clone()));
                    return verdict;
                }
                Seat::Passenger(mut board) => {
                    if let Ok(verdict) = board.wait_for(Option::is_some).await {
                        return verdict.clone().unwrap_or(Err(AuthError::Unavailable));
                    }
                }
            }
        }
    }

    fn seat(&self, mac: Mac) -> Seat<'_> {
        let mut flying = self.flying.lock();
        if let Some(board) = flying.get(&mac) {
            return Seat::Passenger(board.clone());
        }
        let (tell, board) = watch::channel(None);
        flying.insert(mac, board);
        Seat::Leader(Landing { flights: self, mac, tell })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_ask_once_and_a_lost_leader_is_replaced() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(AtomicU32::new(0)));
        let mac = blake3::hash(b"x");
        let join = || {
            let (flights, asked) = (flights.clone(), asked.clone());
            tokio::spawn(async move {
                flights
                    .join(mac, || async {
                        asked.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        Ok(true)
                    })
                    .await
            })
        };
        let leader = join();
        tokio::task::yield_now().await;
        let others: Vec<_> = (0..10).map(|_| join()).collect();
        tokio::task::yield_now().await;
        leader.abort();
        for other in others {
            assert!(matches!(other.await.unwrap(), Ok(true)));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(flights.flying.lock().is_empty());
    }
}
