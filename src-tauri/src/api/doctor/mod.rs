//! Looks at everything that has to be in order, and says what to do where it is not.

mod folder;

use std::path::Path;

use super::index_file;
use super::probe::{self, NotRunning};
use super::query::Archive;
use super::types::{Check, CheckState, Diagnosis};
use crate::config::{Config, ConfigError, Paths, listener, portfile};
use crate::journal;
use crate::logs::layout;

/// Looks at everything. A configuration that cannot be read is one of the findings.
pub async fn diagnose(paths: &Paths, config: Result<Config, ConfigError>) -> Diagnosis {
    let configuration = check_config(&config, paths);
    let config = config.unwrap_or_else(|_| Config::defaults(paths));
    let archive = Archive::open(&config.log_dir);
    let running = probe::running_port(&paths.portfile).await;
    let mut checks = vec![
        configuration,
        check_portfile(&paths.portfile, running),
        check_proxy(running),
        check_port(config.port, running),
    ];
    checks.extend(folder::check(&config.log_dir));
    checks.push(check_index(&archive).await);
    checks.push(check_journal(&config.log_dir, running.is_ok()));
    let clients = archive.clients().await.unwrap_or_default();
    Diagnosis { checks, clients }
}

/// A finding without anything to do.
fn ok(name: &'static str, message: impl Into<String>) -> Check {
    Check { name, state: CheckState::Ok, message: message.into(), hint: None }
}

fn warn(name: &'static str, message: impl Into<String>, hint: &str) -> Check {
    Check { name, state: CheckState::Warn, message: message.into(), hint: Some(hint.to_owned()) }
}

fn fail(name: &'static str, message: impl Into<String>, hint: &str) -> Check {
    Check { state: CheckState::Fail, ..warn(name, message, hint) }
}

fn check_config(config: &Result<Config, ConfigError>, paths: &Paths) -> Check {
    match config {
        Err(error) => fail("configuration", error.to_string(), "correct it, then start llm-proxy again"),
        Ok(_) if paths.config_file.exists() => {
            ok("configuration", format!("{} is in order", paths.config_file.display()))
        }
        Ok(_) => ok("configuration", "no file: defaults hold"),
    }
}

fn check_portfile(path: &Path, running: Result<u16, NotRunning>) -> Check {
    const NAME: &str = "portfile";
    match (portfile::read(path), running) {
        (Some(_), Ok(port)) => ok(NAME, format!("{} names port {port}", path.display())),
        (Some(port), Err(_)) => warn(
            NAME,
            format!("{} names port {port}, where no proxy of yours answers", path.display()),
            "the next `llm-proxy serve` replaces it",
        ),
        (None, _) if path.symlink_metadata().is_ok() => {
            fail(NAME, format!("{} is no private file with a port in it", path.display()), "remove it")
        }
        (None, _) => ok(NAME, "none, as no proxy runs"),
    }
}

fn check_proxy(running: Result<u16, NotRunning>) -> Check {
    match running {
        Ok(port) => ok("proxy", format!("answers on http://127.0.0.1:{port}")),
        Err(NotRunning::Foreign(port)) => fail(
            "proxy",
            format!("a program that is not your llm-proxy answers on port {port}"),
            "start `llm-proxy serve`, and open new shells: those that are open may still use that port",
        ),
        Err(NotRunning::NoPortfile | NotRunning::NoAnswer(_)) => {
            warn("proxy", "not running", "start it with `llm-proxy serve`")
        }
    }
}

/// Who is on the configured port, where that is not us.
fn check_port(port: u16, running: Result<u16, NotRunning>) -> Check {
    const NAME: &str = "port";
    if port == 0 {
        return ok(NAME, "any free one");
    }
    if running == Ok(port) {
        return ok(NAME, format!("{port} is the proxy's"));
    }
    let who = match (listener::who_listens(port), listener::listening_uid(port)) {
        (Some(process), _) => format!("{} (pid {})", process.name, process.pid),
        (None, Some(uid)) => format!("a program of the user with uid {uid}"),
        (None, None) => return ok(NAME, format!("{port} is free")),
    };
    let message = format!("{port} is taken by {who}");
    fail(NAME, message, "end that program, or choose another port with --port or in the configuration")
}

async fn check_index(archive: &Archive) -> Check {
    const NAME: &str = "index";
    const HINT: &str = "`llm-proxy reindex` makes it anew from the log files";
    let path = index_file(archive.log_dir());
    if !path.exists() {
        return match layout::walk(archive.log_dir()).next() {
            Some(_) => warn(NAME, "there are log files, but no sessions.db", HINT),
            None => ok(NAME, "none yet"),
        };
    }
    match inspect(archive).await {
        Ok((version, verdict)) if verdict == "ok" => {
            ok(NAME, format!("{} is sound (schema {version})", path.display()))
        }
        Ok((_, verdict)) => fail(NAME, format!("{} is damaged: {verdict}", path.display()), HINT),
        Err(error) => {
            let reason = archive.why_no_index(&error);
            fail(NAME, format!("{} cannot be read: {reason}", path.display()), HINT)
        }
    }
}

/// The schema's version, and what SQLite says of the file.
async fn inspect(archive: &Archive) -> sqlx::Result<(i64, String)> {
    let readers = archive.db().readers();
    let version = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&readers).await?;
    let verdict = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&readers).await?;
    Ok((version, verdict))
}

fn check_journal(log_dir: &Path, running: bool) -> Check {
    const NAME: &str = "journal";
    let segments = std::fs::read_dir(journal::folder(log_dir)).into_iter().flatten().count();
    match (running, segments) {
        (true, _) => ok(NAME, format!("in use, {segments} files")),
        (false, 0) => ok(NAME, "nothing is left over"),
        (false, _) => warn(
            NAME,
            format!("{segments} files of a run that did not end properly"),
            "the next `llm-proxy serve` takes what is in them into the log",
        ),
    }
}

#[cfg(test)]
#[path = "../doctor_tests.rs"]
mod tests;
