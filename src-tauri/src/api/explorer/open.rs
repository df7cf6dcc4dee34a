//! What may be opened by the desktop.

use super::call::{CallError, Front};
use super::types::OpenArgs;
use crate::model::SessionId;

/// Opens it, after a look at what it is: links and names come from what strangers wrote.
pub(super) fn open(front: &Front, what: &OpenArgs) -> Result<(), CallError> {
    match what {
        OpenArgs::LogFolder | OpenArgs::ConfigFile => {}
        OpenArgs::SessionFile { session } => {
            session.parse::<SessionId>().map_err(|error| CallError::BadCall(error.to_string()))?;
        }
        OpenArgs::Link { url } if is_web_link(url) => {}
        OpenArgs::Link { .. } => {
            return Err(CallError::BadCall("only links that begin with https:// are opened".to_owned()));
        }
    }
    Ok(front.host.open(what)?)
}

/// An `https:` URL with a host, without a name or password in it, and of nothing but visible ASCII.
fn is_web_link(url: &str) -> bool {
    let parsed = url.parse::<http::Uri>();
    url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`^{|}".contains(&byte))
        && parsed.is_ok_and(|uri| {
            uri.scheme_str() == Some("https")
                && uri.authority().is_some_and(|to| !to.host().is_empty() && !to.as_str().contains('@'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_links_are_opened() {
        for url in ["https://a.example", "https://a.example:8443/x?y=1&z=%20#part"] {
            assert!(is_web_link(url), "{url}");
        }
        for url in [
            "",
            "http://a.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https:",
            "https://",
            "https:///x",
            "https://user:pass@a.example",
            "https://a.example/ -x",
            "https://a.example/\n",
            "-https://a.example",
            "https://a.example/\"&calc",
            "vscode://x",
            "//a.example",
            "https://a.example/é",
        ] {
            assert!(!is_web_link(url), "{url}");
        }
    }
}
