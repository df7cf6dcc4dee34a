//! When the tray is drawn anew, and from what.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::host::Desk;
use super::tray;
use crate::api::explorer::Host as _;
use crate::api::status::glance;
use crate::menu::{Lines, RECENT, TrayState, menu};
use crate::model::Timestamp;
use crate::setup::exports::Shell;
use crate::setup::shell;

/// Between two drawings at least: some panels flicker.
const PAUSE: Duration = Duration::from_secs(1);
/// Drawn anew when nothing is told: sessions grow old, days end, and the index catches up after a start.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// How long an item says that it was copied.
const COPIED_FOR: Duration = Duration::from_secs(2);

/// Asks for the tray to be drawn.
#[derive(Debug, Default)]
pub(super) struct Redraw {
    due: Notify,
    copied: Mutex<Option<(Lines, Instant)>>,
}

impl Redraw {
    /// Soon.
    pub(super) fn ask(&self) {
        self.due.notify_one();
    }

    /// Says for a moment that these lines were copied.
    pub(super) fn copied(&self, lines: Lines) {
        let until = Instant::now() + COPIED_FOR;
        *self.copied.lock().unwrap_or_else(PoisonError::into_inner) = Some((lines, until));
        self.ask();
    }

    /// What was copied a moment ago, and until when to say so.
    fn just_copied(&self) -> Option<(Lines, Instant)> {
        let copied = *self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        copied.filter(|(_, until)| Instant::now() < *until)
    }
}

/// Keeps the tray up to date for as long as the application runs.
pub(super) async fn keep_drawn(app: AppHandle) {
    let desk = Arc::clone(&app.state::<Arc<Desk>>());
    loop {
        let copied = desk.redraw.just_copied();
        let menu = menu(&state(&desk, copied.map(|(lines, _)| lines)).await);
        if let Err(error) = tray::draw(&app, menu) {
            tracing::error!(%error, "the tray cannot be drawn");
        }
        sleep(PAUSE).await;
        // Asked or not, it is time.
        let _ = match copied {
            None => timeout(AT_LEAST_EVERY, desk.redraw.due.notified()).await.is_ok(),
            Some((_, until)) => tokio::select! {
                () = desk.redraw.due.notified() => true,
                () = sleep_until(until) => false,
            },
        };
    }
}

async fn state(desk: &Desk, copied: Option<Lines>) -> TrayState {
    let hosting = &desk.hosting;
    let glance = glance(&hosting.archive(), RECENT as u32).await;
    TrayState {
        standing: hosting.standing(),
        problem: hosting.problem(),
        today: glance.today,
        recent: glance.recent,
        now: Timestamp::now(),
        shell: Shell::detect(&hosting.launch.environment),
        start_at_login: desk.start_at_login(),
        shell_set_up: shell::is_set_up(&hosting.launch.paths).ok(),
        copied,
    }
}
