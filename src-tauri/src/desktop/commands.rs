//! What the window's page can call, and what it is told.

use std::sync::Arc;

use serde_json::Value;
use tauri::{AppHandle, Emitter as _, Manager as _, State};
use tokio::sync::broadcast::error::RecvError;

use super::host::Desk;
use super::window;
use crate::api::explorer::types::ChangeNote;
use crate::api::explorer::{self, CallError, Host as _};

/// The event by which the page is told of a [`ChangeNote`].
const CHANGE: &str = "change";

/// Answers the explorer: `{"name": …, "args": …}`.
#[tauri::command]
pub(super) async fn call(call: Value, desk: State<'_, Arc<Desk>>) -> Result<Value, CallError> {
    explorer::answer(&desk.front(), call).await
}

/// Tells the window of every change, and has the tray drawn anew.
pub(super) async fn pass_changes_on(app: AppHandle) {
    let desk = Arc::clone(&app.state::<Arc<Desk>>());
    let mut changes = desk.changes();
    loop {
        let note = match changes.recv().await {
            Ok(note) => note,
            Err(RecvError::Lagged(_)) => ChangeNote::Something,
            Err(RecvError::Closed) => return,
        };
        desk.redraw.ask();
        if let Err(error) = app.emit_to(window::LABEL, CHANGE, &note) {
            tracing::warn!(%error, "the window was not told of a change");
        }
    }
}
