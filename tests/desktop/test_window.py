"""The explorer's window: what its page may do, and what it may not."""

from upstream import Upstream, whole
from webdriver import Page


def answers_its_page(session):
    page = Page(session)
    assert page.url().startswith("tauri://localhost"), page.url()
    answer, error = page.call("host")
    assert error is None and answer["proxy"] == "running" and answer["port"] == session.port(), (answer, error)
    _, error = page.call("no_such_thing")
    assert error["error"] == "bad_call", error
    _, error = page.call("open", {"what": "link", "url": "http://127.0.0.1/"})
    assert error == {"error": "bad_call", "message": "only links that begin with https:// are opened"}, error
    assert page.call("copy", {"text": "from the page"})[1] is None
    session.until("the clipboard", lambda: session.clipboard() == "from the page")


def tells_its_page_of_changes(session):
    page = Page(session)
    page.run_async(
        """const done = arguments[0], inside = window.__TAURI_INTERNALS__;
        window.seen = [];
        const handler = inside.transformCallback((event) => window.seen.push(event.payload.change));
        inside.invoke('plugin:event|listen', {event: 'change', target: {kind: 'Any'}, handler}).then(done, done);"""
    )
    with Upstream() as upstream:
        assert upstream.ask(session.port(), "a question").read() == whole(1)
    told = ["session_started", "request_logged", "exchange_ended"]
    session.until("the notes", lambda: [note for note in page.run("return window.seen") if note in told] == told)
    session.tray.click("Pause Logging")
    session.until("a note of the pause", lambda: page.run("return window.seen")[-1] == "host")


def lets_its_page_do_nothing_else(session):
    page = Page(session)
    for command, arguments in [
        ("plugin:opener|open_url", {"url": "https://example.com"}),
        ("plugin:opener|open_path", {"path": "/etc/passwd"}),
        ("plugin:clipboard-manager|read_text", {}),
        ("plugin:clipboard-manager|write_text", {"text": "x"}),
        ("plugin:autostart|enable", {}),
        ("plugin:dialog|open", {"options": {}}),
        ("plugin:window|close", {"label": "main"}),
        ("plugin:webview|create_webview_window", {"options": {"label": "x", "url": "https://example.com"}}),
        ("plugin:event|emit", {"event": "change", "payload": {}}),
        ("plugin:fs|read_text_file", {"path": "/etc/passwd"}),
    ]:
        answer, error = page.invoke(command, arguments)
        assert answer is None and "not allowed" in str(error), (command, answer, error)


def keeps_its_page_where_it_is(session):
    page = Page(session)
    page.run("window.here = true")
    page.run("location.href = 'https://example.com/'")
    page.run("location.href = 'data:text/html,gone'")
    page.run("window.opened = window.open('https://example.com/')")
    assert page.run("return window.opened === null && window.here")
    assert page.url().startswith("tauri://localhost"), page.url()


def runs_no_script_that_is_not_its_own(session):
    page = Page(session)
    proxy = f"http://127.0.0.1:{session.port()}/health"
    refused = page.run_async(
        """const [proxy, done] = arguments;
        const script = document.createElement('script');
        try { script.textContent = 'window.ran = 1'; document.head.append(script); } catch {}
        const image = new Image();
        image.onerror = () => fetch(proxy).then(() => done('fetched'), () => done(window.ran ?? 'refused'));
        image.onload = () => done('loaded');
        image.src = proxy;""",
        proxy,
    )
    assert refused == "refused", refused


def goes_where_the_tray_points(session):
    page = Page(session)
    page.run("window.here = true")
    session.tray.click("Settings…")
    session.until("the settings", lambda: page.run("return location.hash") == "#/settings")
    with Upstream() as upstream:
        assert upstream.ask(session.port(), "A session").read() == whole(1)
    session.tray.click(session.tray.until_label(lambda label: label.startswith("● A session — ")))
    session.until("the session", lambda: page.run("return location.hash").startswith("#/sessions?session=20"))
    assert page.run("return window.here"), "the page was loaded anew"
