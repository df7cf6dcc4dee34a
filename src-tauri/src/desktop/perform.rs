//! What a click in the tray's menu does.

use std::sync::Arc;

use tauri::{AppHandle, Manager as _};

use super::host::Desk;
use super::window::Place;
use super::{quit, window};
use crate::api::explorer::{Host as _, Refusal};
use crate::menu::{Action, Lines, Standing};

/// Does it. Called on the main thread: nothing here waits.
pub(super) fn perform(app: &AppHandle, action: &Action) {
    let desk = Arc::clone(&app.state::<Arc<Desk>>());
    let done = match action {
        Action::OpenExplorer => show(app, Place::Start),
        Action::OpenSession(id) => show(app, Place::Session(id.clone())),
        Action::OpenSettings => show(app, Place::Settings),
        Action::Copy(lines) => copy(&desk, *lines),
        Action::TogglePaused => {
            let is_paused = matches!(desk.hosting.standing(), Standing::Paused(_));
            desk.set_paused(!is_paused)
        }
        Action::ToggleStartAtLogin => {
            let is_on = desk.start_at_login().unwrap_or(false);
            desk.set_start_at_login(!is_on)
        }
        Action::TryAgain => {
            desk.hosting.try_again();
            Ok(())
        }
        Action::Quit => {
            quit::ask(app);
            Ok(())
        }
    };
    if let Err(refusal) = done {
        tracing::error!(reason = %refusal, "the tray cannot do this");
    }
    // A tick that was set by the click and not by the state is taken back.
    desk.redraw.ask();
}

fn show(app: &AppHandle, place: Place) -> Result<(), Refusal> {
    window::open(app, place);
    Ok(())
}

/// Taking the exports back names no port.
fn copy(desk: &Desk, lines: Lines) -> Result<(), Refusal> {
    let port = desk.hosting.standing().port().unwrap_or_default();
    desk.copy(&lines.text(port))?;
    desk.redraw.copied(lines);
    Ok(())
}
