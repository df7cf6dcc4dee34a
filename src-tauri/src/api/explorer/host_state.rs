//! How the host stands.

use super::call::{CallError, Front};
use super::types::{HostState, ProxyState};
use crate::api::probe;
use crate::api::status::numbers_of_today;
use crate::config::{self, DEFAULT_PORT, private_file};

/// The file that says that the first-run steps are over.
const ONBOARDED: &str = "onboarded";

/// How the host stands. What cannot be found out is left at nothing, and said in `problem`.
pub(super) async fn host_state(front: &Front) -> HostState {
    let (proxy, port, no_proxy) = proxy(front).await;
    let (today, last) = numbers_of_today(&front.archive).await.unwrap_or_default();
    HostState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        proxy,
        port,
        problem: front.host.problem().or(no_proxy),
        log_dir: front.archive.log_dir().display().to_string(),
        config_file: config::file_in_use(&front.flags, &front.environment, &front.paths)
            .display()
            .to_string(),
        today,
        last,
        abilities: front.host.abilities(),
        onboarded: front.paths.state_dir.join(ONBOARDED).exists(),
    }
}

/// The port that a proxy answers on, or would.
pub(super) async fn port(front: &Front) -> u16 {
    proxy(front).await.1
}

/// Whether a proxy answers, where, and why not.
async fn proxy(front: &Front) -> (ProxyState, u16, Option<String>) {
    if let Some((state, port)) = front.host.proxy() {
        return (state, port, None);
    }
    match probe::running_port(&front.paths.portfile).await {
        Ok(port) => (ProxyState::Attached, port, None),
        Err(why) => match config::load(&front.flags, &front.environment) {
            Ok(config) => (ProxyState::Stopped, config.port, Some(why.to_string())),
            Err(error) => (ProxyState::Stopped, DEFAULT_PORT, Some(error.to_string())),
        },
    }
}

/// Notes that the first-run steps are over.
pub(super) async fn onboarded(front: &Front) -> Result<HostState, CallError> {
    let dir = &front.paths.state_dir;
    let noted =
        private_file::create_dir(dir).and_then(|_| private_file::write_atomically(&dir.join(ONBOARDED), b""));
    noted.map_err(|error| CallError::Failed(error.to_string()))?;
    Ok(host_state(front).await)
}
