//! What only the process around the explorer can do. The tray application does all of it; `explore` beside a
//! running proxy does little of it, and says so.

use tokio::sync::broadcast;

use super::types::{Abilities, ChangeNote, OpenArgs, ProxyState};

/// Why something cannot be done, in words that tell the user what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// The process around the explorer. Methods answer at once: none waits for a network, a disk or a user.
/// What a host has no means for it refuses; [`Abilities`] tell beforehand.
pub trait Host: Send + Sync {
    /// What can be done here.
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    /// The proxy in this process and its port; none: there is none in here, the portfile tells of others.
    fn proxy(&self) -> Option<(ProxyState, u16)> {
        None
    }

    /// What is wrong now, in words.
    fn problem(&self) -> Option<String> {
        None
    }

    /// What changes from now on. Whoever falls behind has missed something.
    fn changes(&self) -> broadcast::Receiver<ChangeNote>;

    /// Passes traffic without logging it, or logs it again.
    fn set_paused(&self, _paused: bool) -> Result<(), Refusal> {
        not_here()
    }

    /// Whether the application starts at login; none: not known here.
    fn start_at_login(&self) -> Option<bool> {
        None
    }

    /// Sets that.
    fn set_start_at_login(&self, _on: bool) -> Result<(), Refusal> {
        not_here()
    }

    /// Puts a text on the clipboard.
    fn copy(&self, _text: &str) -> Result<(), Refusal> {
        not_here()
    }

    /// Opens a folder, file or link by the desktop.
    fn open(&self, _what: &OpenArgs) -> Result<(), Refusal> {
        not_here()
    }
}

fn not_here() -> Result<(), Refusal> {
    Err(Refusal("this is done in the tray application".to_owned()))
}
