use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::config::{Environment, Flags, load, private_file};

/// A home and its configuration, on a port that is free.
struct Home {
    dir: tempfile::TempDir,
    paths: Paths,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::of(&Environment::from_pairs([("HOME", dir.path())])).unwrap();
        Self { dir, paths }
    }

    fn config(&self) -> Config {
        Config { port: 0, ..Config::defaults(&self.paths) }
    }

    async fn check(&self, name: &str, config: Config) -> Check {
        let diagnosis = diagnose(&self.paths, Ok(config)).await;
        diagnosis.checks.into_iter().find(|check| check.name == name).unwrap()
    }

    async fn state(&self, name: &str) -> CheckState {
        self.check(name, self.config()).await.state
    }

    fn log_dir(&self) -> std::path::PathBuf {
        let log_dir = self.paths.default_log_dir.clone();
        private_file::create_dir(&log_dir).unwrap();
        log_dir
    }
}

#[tokio::test]
async fn a_fresh_home_is_healthy() {
    let home = Home::new();
    let diagnosis = diagnose(&home.paths, Ok(home.config())).await;
    assert!(diagnosis.is_healthy(), "{diagnosis:#?}");
    assert_eq!(diagnosis.clients, []);
    assert_eq!(fs::read_dir(home.dir.path()).unwrap().count(), 0, "looking makes nothing");
}

#[tokio::test]
async fn a_bad_configuration_is_a_finding() {
    let home = Home::new();
    let flags = Flags { config: Some("/nonexistent/config.toml".into()), ..Flags::default() };
    let env = Environment::from_pairs([("HOME", home.dir.path())]);
    let diagnosis = diagnose(&home.paths, load(&flags, &env)).await;
    let check = &diagnosis.checks[0];
    assert_eq!((check.name, check.state), ("configuration", CheckState::Fail));
    assert!(check.message.contains("/nonexistent/config.toml"), "{}", check.message);
    assert!(!diagnosis.is_healthy());
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_owner() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Config { port, ..home.config() };
    let check = home.check("port", config.clone()).await;
    assert_eq!(check.state, CheckState::Fail);
    assert!(check.message.contains(&format!("(pid {})", std::process::id())), "{}", check.message);
    drop(listener);
    assert_eq!(home.check("port", config).await.state, CheckState::Ok);
}

#[tokio::test]
async fn what_a_killed_proxy_left_is_told() {
    let home = Home::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    portfile::write(&home.paths.portfile, port).unwrap();
    let journal = journal::folder(&home.log_dir());
    private_file::create_dir(&journal).unwrap();
    private_file::create_new(&journal.join("1")).unwrap();
    assert_eq!(home.state("portfile").await, CheckState::Warn);
    assert_eq!(home.state("proxy").await, CheckState::Warn);
    assert_eq!(home.state("journal").await, CheckState::Warn);
    private_file::write_atomically(&home.paths.portfile, b"rm -rf\n").unwrap();
    assert_eq!(home.state("portfile").await, CheckState::Fail);
}

#[tokio::test]
async fn files_that_others_can_read_are_told() {
    let home = Home::new();
    let path = home.log_dir().join("file");
    private_file::create_new(&path).unwrap();
    assert_eq!(home.state("permissions").await, CheckState::Ok);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let check = home.check("permissions", home.config()).await;
    assert_eq!(check.state, CheckState::Warn);
    assert!(check.message.contains(path.to_str().unwrap()), "{}", check.message);
}

#[tokio::test]
async fn a_damaged_index_is_told_and_a_missing_one_where_there_are_logs() {
    let home = Home::new();
    let log_dir = home.log_dir();
    assert_eq!(home.state("index").await, CheckState::Ok);
    let day = log_dir.join("h/2026-11-23");
    fs::create_dir_all(&day).unwrap();
    File::create(day.join("20261123-030829-6f9842fe.jsonl")).unwrap();
    assert_eq!(home.state("index").await, CheckState::Warn);
    private_file::write_atomically(&index_file(&log_dir), &[7; 9000]).unwrap();
    assert_eq!(home.state("index").await, CheckState::Fail);
    crate::api::action::reindex(&log_dir).await.unwrap();
    assert_eq!(home.state("index").await, CheckState::Ok);
}

#[tokio::test]
async fn a_file_in_the_place_of_the_log_folder_is_told() {
    let home = Home::new();
    File::create(&home.paths.default_log_dir).unwrap();
    assert_eq!(home.state("log folder").await, CheckState::Fail);
}

#[tokio::test]
async fn a_compressed_session_that_is_damaged_is_named() {
    let home = Home::new();
    let day = home.log_dir().join("h/2026-11-23");
    fs::create_dir_all(&day).unwrap();
    assert_eq!(home.state("compressed sessions").await, CheckState::Ok);
    File::create(day.join("20261123-030829-6f9842fe.jsonl.zst")).unwrap();
    let check = home.check("compressed sessions", home.config()).await;
    assert_eq!(check.state, CheckState::Fail);
    assert!(check.message.starts_with("1 cannot be read") && check.message.contains("6f9842fe.jsonl.zst"));
}
