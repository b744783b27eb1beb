//! The I/O thread: one for the whole process, started on first use and ended with its last user.
//!
//! Promises: the process has one such thread, however many JavaScript environments use the package; the
//! thread ends with its last holder. Relies on tokio. Never runs work of a caller, never touches a Node
//! thread.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, ErrorCode, Result};

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A share in the I/O thread. Dropping the last share ends the thread.
#[derive(Debug, Clone)]
pub struct IoThread {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tasks: mpsc::UnboundedSender<Task>,
    // Dropped with the last share, which ends the thread.
    _stop: oneshot::Sender<()>,
}

static CURRENT: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

impl IoThread {
    /// The process's I/O thread, started if it is not running.
    ///
    /// # Errors
    /// `E_CONNECT` when the system refuses a thread.
    pub fn shared() -> Result<IoThread> {
        // A panic cannot leave a Weak half written.
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = current.upgrade() {
            return Ok(IoThread { shared });
        }
        let shared = Arc::new(start()?);
        *current = Arc::downgrade(&shared);
        Ok(IoThread { shared })
    }

    /// Runs `task` on the I/O thread until it is done or the thread ends.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // The receiver lives as long as this share does.
        let _ = self.shared.tasks.send(Box::pin(task));
    }
}

fn start() -> Result<Shared> {
    let refused =
        |error: std::io::Error| Error::new(ErrorCode::Connect, format!("no I/O thread could start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
    let (tasks, mut incoming) = mpsc::unbounded_channel::<Task>();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("orgcache-io".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let accept = async {
                    while let Some(task) = incoming.recv().await {
                        tokio::spawn(task);
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
            // A name resolution may be stuck in the system's resolver; the process does not wait for it.
            runtime.shutdown_background();
        })
        .map_err(refused)?;
    Ok(Shared { tasks, _stop: stop })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn thread_of(io: &IoThread) -> std::thread::ThreadId {
        let (tell, told) = std::sync::mpsc::channel();
        io.spawn(async move {
            let _ = tell.send(std::thread::current().id());
        });
        told.recv().unwrap()
    }

    #[test]
    fn all_users_share_one_thread_and_the_last_one_ends_it() {
        let first = IoThread::shared().unwrap();
        let second = IoThread::shared().unwrap();
        assert_eq!(thread_of(&first), thread_of(&second));
        let (keep, gone) = std::sync::mpsc::channel::<()>();
        first.spawn(async move {
            let _keep = keep;
            std::future::pending::<()>().await;
        });
        drop((first, second));
        let deadline = Instant::now() + Duration::from_secs(5);
        while gone.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
            assert!(Instant::now() < deadline, "the I/O thread still runs its task");
            std::thread::yield_now();
        }
    }
}
