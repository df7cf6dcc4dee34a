//! The explorer's window. It is made when it is asked for and destroyed when it is closed: a hidden one
//! would keep some 230 MB.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::menu::APP_NAME;
use crate::model::SessionId;

/// The window's label: capabilities and events name it.
pub(super) const LABEL: &str = "main";

/// Sizes in logical pixels, width and height.
const SIZE: (f64, f64) = (1280.0, 820.0);
const LEAST_SIZE: (f64, f64) = (900.0, 560.0);

/// Where in the explorer a window opens. The page reads it from the fragment of its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Where the page wants; one that is open stays where it is.
    Start,
    /// `#/sessions?session=ID`.
    Session(SessionId),
    /// `#/settings`.
    Settings,
}

impl Place {
    fn fragment(&self) -> Option<String> {
        match self {
            Self::Start => None,
            Self::Session(id) => Some(format!("/sessions?session={id}")),
            Self::Settings => Some("/settings".to_owned()),
        }
    }
}

/// Shows the window, at that place. May be called from any thread.
pub(super) fn open(app: &AppHandle, place: Place) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        let shown = match handle.get_webview_window(LABEL) {
            Some(window) => show(&window, &place),
            None => make(&handle, &place),
        };
        if let Err(error) = shown {
            tracing::error!(%error, "the window cannot be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the window cannot be shown");
    }
}

fn show(window: &WebviewWindow, place: &Place) -> tauri::Result<()> {
    if let Some(fragment) = place.fragment() {
        // Only the fragment differs: the page stays, and hears of it.
        let mut url = window.url()?;
        url.set_fragment(Some(&fragment));
        window.navigate(url)?;
    }
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn make(app: &AppHandle, place: &Place) -> tauri::Result<()> {
    let page = place.fragment().map_or("index.html".to_owned(), |fragment| format!("index.html#{fragment}"));
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title(APP_NAME)
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST_SIZE.0, LEAST_SIZE.1)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler()
        .build()?
        .set_focus()
}

/// The page is the program's own, and nothing it shows leads anywhere else.
fn is_own_page(url: &Url) -> bool {
    let scheme_and_host = (url.scheme(), url.host_str());
    if cfg!(any(windows, target_os = "android")) {
        matches!(scheme_and_host, ("http" | "https", Some("tauri.localhost")))
    } else {
        scheme_and_host == ("tauri", Some("localhost"))
    }
}

#[cfg(test)]
#[cfg(not(windows))]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_own_page_is_gone_to() {
        let goes = |url: &str| is_own_page(&url.parse().unwrap());
        assert!(goes("tauri://localhost") && goes("tauri://localhost/index.html#/sessions?session=x"));
        for url in [
            "https://tauri.localhost/",
            "http://localhost/",
            "tauri://evil/",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!goes(url), "{url}");
        }
    }
}
