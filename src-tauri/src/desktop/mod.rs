//! The tray application: Tauri, GTK and WebKit are known here and nowhere else.
//!
//! The proxy runs on threads of its own ([`hosting`]); a window that hangs or dies takes nothing with it.
//! What the tray shows is a value ([`crate::menu`]) that [`tray`] draws; what the window asks goes through
//! one command to `api::explorer`.

mod commands;
mod host;
mod hosting;
mod perform;
mod quit;
mod refresh;
mod tray;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use tauri::{AppHandle, Manager as _, RunEvent};
use tauri_plugin_window_state::StateFlags;

use crate::app::{self, Signals};
use crate::config::{Environment, Flags, Paths};
use crate::menu::APP_NAME;
use host::Desk;
use hosting::Hosting;
use window::Place;

/// How the application is started.
#[derive(Clone)]
pub struct Launch {
    /// What the command line says about the configuration.
    pub flags: Flags,
    /// The environment.
    pub environment: Environment,
    /// Where the user's files lie.
    pub paths: Paths,
    /// Whether a window is shown.
    pub opening: Opening,
}

/// Whether the start shows a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The first time only.
    FirstRun,
    /// Not: it is a start at login.
    Hidden,
    /// At once.
    Window,
}

/// The argument of a start at login.
const HIDDEN: &str = "--hidden";

/// Whether there is a desktop to show anything on. A variable that names a display which is gone, as it is
/// left in terminals, is none.
pub fn has_display() -> bool {
    #[cfg(target_os = "linux")]
    return gtk::init().is_ok();
    #[cfg(not(target_os = "linux"))]
    return true;
}

/// Runs the application until the user quits it. A second start hands over to the first and ends.
pub fn run(launch: Launch) -> ExitCode {
    app::report_to_stderr();
    let builder = tauri::Builder::default()
        // First: whatever comes after it is not done by a second start.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _| started_again(app, &arguments)))
        .plugin(tauri_plugin_autostart::Builder::new().arg(HIDDEN).app_name(APP_NAME).build())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(
            // A window that was open must not make a start at login show one.
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(StateFlags::all() & !StateFlags::VISIBLE)
                .build(),
        )
        .invoke_handler(tauri::generate_handler![commands::call])
        .setup(move |app| Ok(set_up(app.handle(), launch)?));
    match builder.build(tauri::generate_context!()) {
        Ok(application) => ExitCode::from(u8::try_from(application.run_return(keep_running)).unwrap_or(1)),
        Err(error) => {
            tracing::error!(%error, "the tray application cannot start; `llm-proxy serve` runs without it");
            ExitCode::FAILURE
        }
    }
}

fn set_up(app: &AppHandle, launch: Launch) -> anyhow::Result<()> {
    let opening = launch.opening;
    let signals = tauri::async_runtime::block_on(async { Signals::listen() })?;
    let hosting = Hosting::start(launch)?;
    app.manage(Arc::new(Desk::new(app.clone(), hosting)));
    tray::build(app)?;
    tauri::async_runtime::spawn(refresh::keep_drawn(app.clone()));
    tauri::async_runtime::spawn(commands::pass_changes_on(app.clone()));
    tauri::async_runtime::spawn(quit::on_signals(app.clone(), signals));
    tauri::async_runtime::spawn(first_window(app.clone(), opening));
    Ok(())
}

/// The window that a start shows, if it shows one.
async fn first_window(app: AppHandle, opening: Opening) {
    let wanted = match opening {
        Opening::Window => true,
        Opening::Hidden => false,
        Opening::FirstRun => !app.state::<Arc<Desk>>().onboarded().await,
    };
    if wanted {
        window::open(&app, Place::Start);
    }
}

fn started_again(app: &AppHandle, arguments: &[String]) {
    if !arguments.iter().any(|argument| argument == HIDDEN) {
        window::open(app, Place::Start);
    }
}

/// Closing the last window ends nothing: the tray stays.
fn keep_running(_: &AppHandle, event: RunEvent) {
    if let RunEvent::ExitRequested { code: None, api, .. } = event {
        api.prevent_exit();
    }
}
