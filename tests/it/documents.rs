//! The documents say what the code does: tables of settings, variables and commands, the map of modules,
//! links.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use llm_proxy::config::env_vars::{READ, SET};
use llm_proxy::config::{Config, ConfigError, Environment, Flags, Paths, load};
use tempfile::TempDir;

/// Every document that is held to.
const DOCUMENTS: [&str; 5] =
    ["README.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/DECISIONS.md", "docs/LOG_FORMAT.md"];

#[test]
fn the_readme_lists_every_environment_variable() {
    let rows = table("README.md", "environment variable");
    let listed: Vec<String> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    let known: Vec<&str> = READ.iter().chain(&SET).map(|variable| variable.name).collect();
    assert_same(&listed, &known);
}

#[test]
fn the_readme_lists_every_setting() {
    let listed: Vec<String> = settings().into_iter().map(|setting| setting.key).collect();
    // The loader names all its keys when it is given one that resembles none of them.
    let error = try_config("a_key_that_is_near_to_none = 1").unwrap_err().to_string();
    let known = error.split_once("there are ").expect("the error lists the keys").1;
    assert_same(&listed, &known.split(", ").collect::<Vec<_>>());
}

#[test]
fn the_readme_names_the_defaults() {
    let settings = settings();
    let lines =
        settings.iter().filter_map(|setting| Some(format!("{} = {}", setting.key, setting.default()?)));
    let text = lines.collect::<Vec<_>>().join("\n");
    let said = try_config(&text).unwrap();
    let home = Home::new("");
    let defaults = Config::defaults(&Paths::of(&home.environment()).unwrap());
    // The homes differ, and a port that the file names is nobody's default.
    let log_dir = defaults.log_dir.file_name();
    assert_eq!(said.log_dir.file_name(), log_dir);
    let said = Config { log_dir: defaults.log_dir.clone(), port_is_default: true, ..said };
    assert_eq!(said, defaults);
}

#[test]
fn the_readme_names_the_ranges() {
    let ranges: Vec<(String, u64, u64)> = settings().iter().filter_map(Setting::range).collect();
    assert_eq!(ranges.len(), 6, "{ranges:?}");
    for (key, least, most) in ranges {
        let accepts = |value: u64| try_config(&format!("{key} = {value}")).is_ok();
        assert!(accepts(least) && accepts(most) && !accepts(most + 1), "{key}");
        assert!(least == 0 || !accepts(least - 1), "{key}");
    }
}

#[test]
fn the_readme_lists_every_command() {
    let rows = table("README.md", "command");
    let first_word = |text: &String| quoted(text)[0].split(' ').next().map(str::to_owned);
    let listed: Vec<String> = rows.iter().filter_map(|row| first_word(&row[0])).collect();
    let help = help("--help");
    let (_, commands) = help.split_once("Commands:\n").expect("the help lists the commands");
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let known = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    assert_same(&listed, &known.collect::<Vec<_>>());
}

#[test]
fn the_readme_marks_the_commands_that_print_json() {
    for row in table("README.md", "command") {
        let command = quoted(&row[0])[0].split(' ').next().unwrap_or_default().to_owned();
        assert_eq!(row[0].contains('∗'), help(&command).contains("--json"), "{command}");
    }
}

#[test]
fn the_map_lists_the_modules_in_layer_order() {
    let declared: Vec<String> = read("src-tauri/src/lib.rs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned()))
        .collect();
    let mapped: Vec<String> =
        table("docs/ARCHITECTURE.md", "module").iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(mapped, declared);
}

#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        let targets =
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let local = targets.filter(|target| !target.starts_with("https://"));
        let folder = root().join(document).parent().map(Path::to_owned).unwrap_or_default();
        for target in local {
            assert!(folder.join(target).exists(), "{document} links to {target}");
        }
    }
}

#[test]
fn named_files_of_the_source_exist() {
    let sources = root().join("src-tauri/src");
    for document in ["docs/ARCHITECTURE.md", "docs/DECISIONS.md"] {
        let text = read(document);
        for name in quoted(&text).into_iter().filter(|name| name.ends_with(".rs") && name.contains('/')) {
            let there = [&sources, &root()].iter().any(|base| base.join(&name).exists());
            assert!(there, "{document} names {name}");
        }
    }
}

/// A row of the README's table of settings.
struct Setting {
    key: String,
    default: String,
    range: String,
}

impl Setting {
    /// As it stands in a file; none where there is no default.
    fn default(&self) -> Option<String> {
        quoted(&self.default).pop()
    }

    /// Key, least and most, where the third column ends in `1–600`.
    fn range(&self) -> Option<(String, u64, u64)> {
        let (least, most) = self.range.rsplit(' ').next()?.split_once('–')?;
        Some((self.key.clone(), least.parse().ok()?, most.parse().ok()?))
    }
}

fn settings() -> Vec<Setting> {
    let setting = |row: &Vec<String>| Setting {
        key: quoted(&row[0]).concat(),
        default: row[1].clone(),
        range: row[2].clone(),
    };
    table("README.md", "key").iter().map(setting).collect()
}

/// What the program says of itself, or of a command.
fn help(of: &str) -> String {
    let arguments: &[&str] = if of == "--help" { &[of] } else { &[of, "--help"] };
    let home = Home::new("");
    let mut program = Command::new(env!("CARGO_BIN_EXE_llm-proxy"));
    let output =
        program.args(arguments).env_clear().env("HOME", home.0.path()).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// A home with a configuration file.
struct Home(TempDir);

impl Home {
    fn new(config: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let folder = home.path().join(".config/llm-proxy");
        std::fs::create_dir_all(&folder).expect("a folder in it");
        let file = folder.join("config.toml");
        llm_proxy::config::private_file::write_atomically(&file, config.as_bytes()).expect("a file in it");
        Self(home)
    }

    fn environment(&self) -> Environment {
        Environment::from_pairs([("HOME", self.0.path())])
    }
}

fn try_config(text: &str) -> Result<Config, ConfigError> {
    load(&Flags::default(), &Home::new(text).environment())
}

/// The cells of the table whose first heading is `heading`, without its two head lines.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let start = format!("| {heading} |");
    let rows = text.lines().skip_while(|line| !line.starts_with(&start));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| {
        let inner = line.trim_matches('|');
        inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "{document} has no table with the heading {heading}");
    rows
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Compares as sets: an order would be no promise.
fn assert_same(listed: &[String], known: &[&str]) {
    let set = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), set(known.to_vec()));
    assert_eq!(listed.len(), known.len(), "one is listed twice");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
