"""How the application starts: alone, twice, beside a running proxy, and when it cannot."""

import signal
import socket
import subprocess

from upstream import Upstream, whole


def hands_over_to_the_one_that_runs(session):
    app = session.started("--hidden")
    assert session.ended(session.app("--hidden")) == 0
    assert session.windows.named("LLM Proxy") == []
    assert session.ended(session.app()) == 0
    session.until("a window", lambda: session.windows.named("LLM Proxy"))
    assert app.poll() is None and len(session.tray.items()) == 1


def attaches_to_a_running_proxy_and_takes_over_when_it_ends(session):
    proxy = session.spawn([session.binary, "serve", "--port", "0"], stdout=subprocess.PIPE)
    port = int(proxy.stdout.readline().rsplit(b":", 1)[1])
    app = session.app("--hidden", "--port", "0")
    attached = f"● Attached to the running llm-proxy on 127.0.0.1:{port}"
    session.tray.until_label(lambda label: label == attached)
    assert not session.tray.is_enabled("Pause Logging")
    with Upstream() as upstream:
        assert upstream.ask(port, "seen by the other").read() == whole(1)
        session.tray.until_label(lambda label: label.startswith("Today: 1 request"))
        proxy.send_signal(signal.SIGTERM)
        assert session.ended(proxy) == 0
        session.tray.until_label(lambda label: label.startswith("● Running"))
        assert upstream.ask(session.port(), "seen by this one").read() == whole(1)
    session.until("both records", lambda: session.logged().count('"end":"ok"') == 2)
    assert app.poll() is None


def leaves_an_attached_proxy_running(session):
    proxy = session.spawn([session.binary, "serve", "--port", "0"], stdout=subprocess.PIPE)
    port = int(proxy.stdout.readline().rsplit(b":", 1)[1])
    app = session.app("--hidden")
    session.tray.until_label(lambda label: label.startswith("● Attached"))
    session.tray.click("Quit LLM Proxy")
    assert session.ended(app) == 0
    assert proxy.poll() is None and session.port() == port


def says_what_is_wrong_with_the_configuration(session):
    session.write_config("port = 0\nprot = 1\n")
    app = session.app("--hidden")
    label = session.tray.until_label(lambda label: label.startswith("✕ Stopped: "))
    assert "config.toml:2" in label and app.poll() is None, label
    assert not session.tray.is_enabled("Copy Env Exports (bash/zsh)")
    session.write_config("port = 0\n")
    session.tray.click("Try Again")
    session.tray.until_label(lambda label: label.startswith("● Running"))
    session.until("no offer to try again", lambda: "Try Again" not in session.tray.labels())


def says_that_the_port_is_taken(session):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        session.app("--hidden", "--port", str(port))
        label = session.tray.until_label(lambda label: label.startswith("✕ Stopped: "))
        assert f"port {port} is taken by python3" in label, label
        stopped = session.tray.icon()
    session.tray.click("Try Again")
    session.tray.until_label(lambda label: label == f"● Running on 127.0.0.1:{port}")
    session.until("another icon", lambda: session.tray.icon() != stopped)


def serves_without_a_display(session):
    none = {name: value for name, value in session.environment.items() if name != "DISPLAY"}
    for environment in [none, {**none, "DISPLAY": ":65000"}]:
        arguments = [session.binary, "--port", "0"]
        app = session.spawn(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        session.until("the reason", lambda: b"serving without one" in app.stderr.readline(), 5)
        assert app.stdout.readline().startswith(b"listening on http://127.0.0.1:")
        app.send_signal(signal.SIGTERM)
        assert session.ended(app) == 0
        app.stderr.close()
