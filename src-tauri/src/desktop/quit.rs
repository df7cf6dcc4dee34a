//! How the application ends: what runs may end first, and everything that passed is in the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind, MessageDialogResult};
use tokio::sync::Notify;

use super::host::Desk;
use super::hosting::Taken;
use crate::app::{App, Signals, one_line};
use crate::menu::APP_NAME;

const QUIT_NOW: &str = "Quit Now";
const QUIT_WHEN_DONE: &str = "Quit When Done";
const CANCEL: &str = "Cancel";

/// What is known of the end while it has not come.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Cuts what is waited for.
    hurry: Notify,
    /// The question stands on the screen.
    asking: Mutex<bool>,
}

impl Leaving {
    /// Whether the question was not asked yet; now it is.
    fn begin_asking(&self) -> bool {
        !std::mem::replace(&mut *self.asking.lock().unwrap_or_else(PoisonError::into_inner), true)
    }

    fn asked(&self) {
        *self.asking.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// Ends the application. While requests run the user is asked first; asked again, nothing is waited for.
pub(super) fn ask(app: &AppHandle) {
    let desk = app.state::<Arc<Desk>>();
    match desk.hosting.in_flight() {
        0 => leave(app, None),
        running if desk.leaving.begin_asking() => question(app, running),
        _ => {}
    }
}

/// Ends the application as a service manager or the desktop session asks for it: what runs may end within
/// the configured time. The second signal is a hurry.
pub(super) async fn on_signals(app: AppHandle, mut signals: Signals) {
    loop {
        signals.next().await;
        leave(&app, None);
    }
}

fn question(app: &AppHandle, running: usize) {
    let (are, them) = if running == 1 { ("request is", "it") } else { ("requests are", "them") };
    let text = format!("{running} {are} running. Quitting now cuts {them} off.");
    // The first is what the Return key means: nothing is lost by it.
    let buttons =
        MessageDialogButtons::YesNoCancelCustom(QUIT_WHEN_DONE.into(), QUIT_NOW.into(), CANCEL.into());
    let dialog = app.dialog().message(text).title(format!("Quit {APP_NAME}?")).buttons(buttons);
    let app = app.clone();
    dialog.kind(MessageDialogKind::Warning).show_with_result(move |answer| {
        app.state::<Arc<Desk>>().leaving.asked();
        match answer {
            MessageDialogResult::Custom(label) if label == QUIT_NOW => leave(&app, Some(Duration::ZERO)),
            MessageDialogResult::Custom(label) if label == QUIT_WHEN_DONE => leave(&app, Some(Duration::MAX)),
            MessageDialogResult::Custom(_)
            | MessageDialogResult::Yes
            | MessageDialogResult::No
            | MessageDialogResult::Ok
            | MessageDialogResult::Cancel => {}
        }
    });
}

/// Stops the proxy on a thread, then ends the application. What runs may take so long to end; none: as
/// configured. When it is ending already, what still runs is cut.
fn leave(app: &AppHandle, patience: Option<Duration>) {
    let desk = Arc::clone(&app.state::<Arc<Desk>>());
    let proxy = match desk.hosting.take() {
        Taken::Proxy(proxy) => proxy,
        Taken::Nothing => return app.exit(0),
        Taken::Before => return desk.leaving.hurry.notify_one(),
    };
    let stopping = app.clone();
    let stop = move || stopping.exit(stop(*proxy, patience, &desk.leaving.hurry));
    if let Err(error) = thread::Builder::new().name("stopping".to_owned()).spawn(stop) {
        tracing::error!(%error, "the proxy was not stopped cleanly; what is missing is in the journal");
        app.exit(1);
    }
}

/// Stops it, and says with which code the application ends.
fn stop(proxy: App, patience: Option<Duration>, hurry: &Notify) -> i32 {
    tracing::info!("stopping");
    let stopped = match patience {
        None => proxy.stop(hurry.notified()),
        Some(patience) => proxy.stop_within(patience, hurry.notified()),
    };
    match stopped {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(error = one_line(&error), "the proxy did not stop cleanly");
            1
        }
    }
}
