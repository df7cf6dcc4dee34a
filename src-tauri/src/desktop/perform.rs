//! What a click in the tray's menu does.

use std::sync::Arc;

use serde_json::{Value, json};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};

use super::host::Desk;
use super::window::Place;
use super::{quit, window};
use crate::api::explorer::{self, Host as _, Refusal};
use crate::menu::{Action, Lines, Standing};
use crate::setup::shell;

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
        Action::ToggleShellSetUp => {
            tauri::async_runtime::spawn(toggle_shell_set_up(app.clone(), Arc::clone(&desk)));
            Ok(())
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

/// Edits the shells' startup files. What is left as it is, the user is told.
async fn toggle_shell_set_up(app: AppHandle, desk: Arc<Desk>) {
    let on = !shell::is_set_up(&desk.hosting.launch.paths).unwrap_or(false);
    let call = json!({"name": "set_shell_set_up", "args": {"on": on}});
    let problems = match explorer::answer(&desk.front(), call).await {
        Ok(outcomes) => outcomes.as_array().into_iter().flatten().filter_map(problem).collect(),
        Err(error) => vec![error.to_string()],
    };
    desk.redraw.ask();
    if !problems.is_empty() {
        let dialog = app.dialog().message(problems.join("\n\n")).title("Set Up Shell");
        dialog.kind(MessageDialogKind::Warning).show(|_| {});
    }
}

/// What an outcome says, when it is none to be glad of.
fn problem(outcome: &Value) -> Option<String> {
    let text = |key: &str| outcome[key].as_str().unwrap_or_default();
    (outcome["failed"] == true).then(|| format!("{}\n{}", text("file"), text("message")))
}

/// Taking the exports back names no port.
fn copy(desk: &Desk, lines: Lines) -> Result<(), Refusal> {
    let port = desk.hosting.standing().port().unwrap_or_default();
    desk.copy(&lines.text(port))?;
    desk.redraw.copied(lines);
    Ok(())
}
