//! Pausing: what begins meanwhile passes whole and leaves no trace; what ran already is logged to its end.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use llm_proxy::app::App;
use llm_proxy::config::{Config, Environment, Paths};
use tokio::runtime::Runtime;

use crate::support::ticker::{Ticker, expected};

/// All text below a folder.
fn text_below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("the folder can be read").flatten();
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
    entries
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { text_below(&path) } else { text(&path) })
        .collect()
}

#[test]
fn a_paused_proxy_passes_everything_and_keeps_nothing_of_it() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let paths = Paths::of(&Environment::from_pairs([("HOME", home.path())])).expect("a home");
    let config = Config { port: 0, ..Config::defaults(&paths) };
    let app = App::start(config, &paths, "machine".to_owned()).expect("the proxy starts");
    let proxy = SocketAddr::from(([127, 0, 0, 1], app.port()));
    let clients = Runtime::new().expect("a runtime");
    clients.block_on(async {
        let ticker = Ticker::start().await;
        let get = |name: &'static str, events| {
            reqwest::get(ticker.url(proxy, name, events, Duration::from_millis(1)))
        };
        let running = get("before", 200).await.expect("a head");
        assert_eq!(app.in_flight(), 1);
        app.set_paused(true);
        assert!(app.paused());
        let silent = get("meanwhile", 20).await.expect("a head").text().await.expect("a whole body");
        assert_eq!(silent, expected("meanwhile", 20));
        app.set_paused(false);
        assert_eq!(running.text().await.expect("a whole body"), expected("before", 200));
        let after = get("after", 1).await.expect("a head").text().await.expect("a whole body");
        assert_eq!(after, expected("after", 1));
    });
    app.stop(std::future::pending()).expect("a clean stop");
    let kept = text_below(&paths.default_log_dir);
    assert!(kept.contains("/before/200") && kept.contains("/after/1") && kept.contains("Boxkämpfer 199"));
    assert!(!kept.contains("meanwhile"), "{kept}");
}
