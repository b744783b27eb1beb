//! The life of a watch connection on the I/O thread.

use std::sync::Arc;
use std::time::Duration;

use super::conversation::Conversation;
use super::shared::Shared;
use crate::connection::{Dialer, Mailbox, drawn, drive};
use crate::health::census;
use crate::runtime::IoThread;

/// After this a server is asked again that has refused to track keys. An operator may have granted it meanwhile.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Keeps the connection until nobody uses it. It holds a share in the thread, so that it comes to its end whoever else
/// lets go.
pub async fn run(dialer: Dialer, shared: Arc<Shared>, _io: IoThread) {
    let _counted = census::WATCHES.add();
    let mailbox: Arc<dyn Mailbox> = shared.clone();
    let mut conversation = Conversation::new(shared.clone());
    while shared.has_users() {
        // What was ordered of an earlier connection.
        shared.take_orders();
        drive(dialer.clone(), mailbox.clone(), &mut conversation, Conversation::look, |_| {}).await;
        conversation.end();
        if shared.is_refused() {
            rest(&shared).await;
            shared.forgive();
        }
    }
}

/// Waits until the server may be asked again.
async fn rest(shared: &Shared) {
    let over = tokio::time::sleep(drawn(ASK_AGAIN_AFTER / 2, ASK_AGAIN_AFTER));
    tokio::pin!(over);
    while shared.is_stopped() && shared.has_users() {
        tokio::select! {
            () = &mut over => return,
            () = shared.notify().notified() => {}
        }
    }
}
