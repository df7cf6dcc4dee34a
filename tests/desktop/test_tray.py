"""The tray icon: what it shows, and what its items do."""

import subprocess

from upstream import Upstream, whole


def shows_a_menu_and_an_icon(session):
    session.started("--hidden")
    labels = session.tray.labels()
    assert labels[0] == f"● Running on 127.0.0.1:{session.port()}", labels
    for label in ["Today: no requests yet", "Open Explorer", "Pause Logging", "Start at Login", "Quit LLM Proxy"]:
        assert label in labels, labels
    assert not session.tray.is_enabled(labels[0]) and session.tray.is_enabled("Open Explorer")
    assert session.tray.icon().startswith(b"\x89PNG")
    assert session.windows.named("LLM Proxy") == []


def copies_the_lines_of_each_shell(session):
    session.started("--hidden")
    base = f"http://127.0.0.1:{session.port()}"
    anthropic, openai = f"{base}/anthropic/api.anthropic.com", f"{base}/openai/api.openai.com/v1"
    for label, text in [
        ("Copy Env Exports (bash/zsh)", f"export ANTHROPIC_BASE_URL={anthropic}\nexport OPENAI_BASE_URL={openai}\n"),
        ("fish", f"set -gx ANTHROPIC_BASE_URL {anthropic}\nset -gx OPENAI_BASE_URL {openai}\n"),
        ("PowerShell", f'$env:ANTHROPIC_BASE_URL = "{anthropic}"\n$env:OPENAI_BASE_URL = "{openai}"\n'),
        ("cmd", f"set ANTHROPIC_BASE_URL={anthropic}\nset OPENAI_BASE_URL={openai}\n"),
        ("nushell", f'$env.ANTHROPIC_BASE_URL = "{anthropic}"\n$env.OPENAI_BASE_URL = "{openai}"\n'),
        (".env file", f"ANTHROPIC_BASE_URL={anthropic}\nOPENAI_BASE_URL={openai}\n"),
        ("Codex config.toml", f'openai_base_url = "{openai}"\n'),
        ("Lines That Take It Back (bash/zsh)", "unset ANTHROPIC_BASE_URL\nunset OPENAI_BASE_URL\n"),
    ]:
        session.tray.until_label(lambda shown: shown == label)
        session.tray.click(label)
        session.until(f"{label} on the clipboard", lambda: session.clipboard() == text)
        session.tray.until_label(lambda shown: shown == "Copied ✓")
    session.until("the words of before", lambda: "Copied ✓" not in session.tray.labels(), 6)


def opens_closes_and_opens_the_window(session):
    app = session.started("--hidden")
    for _ in range(2):
        session.tray.click("Open Explorer")
        window = session.until("a window", lambda: session.windows.named("LLM Proxy"))[0]
        session.until("its size", lambda: session.windows.geometry(window) == (1280, 820))
        session.windows.close(window)
        session.until("no window", lambda: not session.windows.named("LLM Proxy"))
    assert app.poll() is None and f"127.0.0.1:{session.port()}" in session.tray.labels()[0]


def starts_at_login_when_told_to(session):
    session.started("--hidden")
    entry = session.home / ".config/autostart/LLM Proxy.desktop"
    for on in [True, False]:
        session.tray.click("Start at Login")
        session.until("the entry", lambda: entry.exists() == on)
        session.until("the tick", lambda: session.tray.is_checked("Start at Login") == on)
        if on:
            assert f"Exec={session.binary} --hidden\n" in entry.read_text(), entry.read_text()


def sets_up_shells_and_takes_it_back(session):
    startup = session.home / ".bashrc"
    startup.write_text("# mine\n")
    session.started("--hidden")
    ask = ["bash", "-i", "-c", "echo base=$ANTHROPIC_BASE_URL"]
    for on in [True, False]:
        session.tray.click("Set Up Shell")
        session.until("the lines", lambda: ("llm-proxy" in startup.read_text()) == on)
        session.until("the tick", lambda: session.tray.is_checked("Set Up Shell") == on)
        shell = subprocess.run(ask, env=session.environment, capture_output=True, text=True, timeout=30)
        base = f"http://127.0.0.1:{session.port()}/anthropic/api.anthropic.com" if on else ""
        assert f"base={base}\n" in shell.stdout, (on, shell.stdout, startup.read_text())
    assert startup.read_text() == "# mine\n"


def counts_requests_and_lists_sessions(session):
    session.started("--hidden")
    with Upstream() as upstream:
        for name in ["Fix the_login & test", "Another task"]:
            assert upstream.ask(session.port(), name).read() == whole(1)
    session.tray.until_label(lambda label: label.startswith("Today: 2 requests"))
    session.tray.until_label(lambda label: label.startswith("● Fix the_login & test — "))
    assert "None yet" not in session.tray.labels()
    session.tray.click(session.tray.until_label(lambda label: label.startswith("● Another task — ")))
    session.until("a window", lambda: session.windows.named("LLM Proxy"))


def logs_nothing_while_it_is_paused(session):
    session.started("--hidden")
    running = session.tray.icon()
    with Upstream() as upstream:
        session.tray.click("Pause Logging")
        session.tray.until_label(lambda label: label.startswith("○ Logging paused"))
        assert session.tray.is_checked("Pause Logging")
        session.until("another icon", lambda: session.tray.icon() != running)
        assert upstream.ask(session.port(), "said in private", 5).read() == whole(5)
        session.tray.click("Pause Logging")
        session.tray.until_label(lambda label: label.startswith("● Running"))
        assert upstream.ask(session.port(), "said in public", 5).read() == whole(5)
    session.until("a record", lambda: "said in public" in session.logged())
    assert "said in private" not in session.logged()
    assert session.tray.icon() == running
    session.tray.until_label(lambda label: label.startswith("Today: 1 request"))
