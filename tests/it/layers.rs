//! The rules of the house that the compiler does not hold: which module may import which, what
//! modules are called, and what no file of the project may say.

use std::fs;
use std::path::{Path, PathBuf};

/// All modules, lowest first: each may import those before it. The names of one entry are siblings,
/// and blind to each other.
const ORDER: [&[&str]; 17] = [
    &["model"],
    &["config"],
    &["provider"],
    &["record"],
    &["journal"],
    &["db"],
    &["proxy"],
    &["session"],
    &["logs"],
    &["index"],
    &["export"],
    &["setup"],
    &["recorder"],
    &["api"],
    &["menu"],
    &["app"],
    &["cli", "desktop", "web", "mcp"],
];

/// What the proxy may see: it tells what happened, and knows nothing of what becomes of it.
const SEEN_BY_PROXY: [&str; 5] = ["model", "config", "provider", "record", "journal"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 4] = ["utils", "helpers", "common", "manager"];

/// A module of the crate, named in some line of another.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    line: usize,
    module: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn level(module: &str) -> Option<usize> {
    ORDER.iter().position(|siblings| siblings.contains(&module))
}

fn files_under(folder: &Path, skip: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if skip.iter().any(|skipped| name == *skipped) {
            continue;
        }
        match path.is_dir() {
            true => files.extend(files_under(&path, skip)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

/// The source files with their path inside `src`.
fn sources() -> Vec<(PathBuf, String)> {
    let src = root().join("src-tauri/src");
    let files =
        files_under(&src, &[]).into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    files
        .map(|file| {
            let text = fs::read_to_string(&file).expect("source is text");
            (file.strip_prefix(&src).expect("below src").to_owned(), text)
        })
        .collect()
}

/// `proxy` of `proxy/tap.rs`, `recorder` of `recorder.rs`; how many modules deep the file is.
fn place(file: &Path) -> (String, usize) {
    let mut names: Vec<String> =
        file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    (names[0].clone(), names.len())
}

/// Every module of the crate that a file names: by `crate::…`, in braces or not, or by a chain of
/// `super` that leads out to the root.
fn imports(text: &str, depth: usize) -> Vec<Import> {
    let code = without_comments(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !continues_a_word(&code, *at)) {
        let line = code[..at].matches('\n').count() + 1;
        found.extend(heads(&code[at + "crate::".len()..]).into_iter().map(|module| Import { line, module }));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| !code[..*at].ends_with("super::")) {
        let rest = code[at..].trim_start_matches("super::");
        let steps = (code.len() - at - rest.len()) / "super::".len();
        if steps >= depth + inline_modules(&code[..at]) {
            let line = code[..at].matches('\n').count() + 1;
            found.extend(heads(rest).into_iter().map(|module| Import { line, module }));
        }
    }
    found.sort_by_key(|import| import.line);
    found
}

/// Keeps the lines, so that their numbers stay.
fn without_comments(text: &str) -> String {
    let code = |line: &str| line.find("//").map_or(line.to_owned(), |at| line[..at].to_owned());
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn continues_a_word(code: &str, at: usize) -> bool {
    code[..at]
        .chars()
        .next_back()
        .is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '$' | ':'))
}

/// Modules that were opened inside the file by `mod name {`, as tests are. They stand at its end.
fn inline_modules(before: &str) -> usize {
    before.lines().filter(|line| line.trim_start().starts_with("mod ") && line.ends_with('{')).count()
}

/// `a` of `a::b`; `a` and `c` of `{a::{b, d}, c}`.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(inside) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut heads, mut item) = (0_usize, Vec::new(), String::new());
    for c in inside.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => heads.push(std::mem::take(&mut item)),
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => item.push(c),
            _ => {}
        }
    }
    heads.push(item);
    heads.iter().map(|item| word(item.trim())).filter(|head| !head.is_empty()).collect()
}

/// Why `from` may not import `module`, if it may not.
fn fault(from: &str, module: &str) -> Option<String> {
    let (Some(own), Some(other)) = (level(from), level(module)) else { return None };
    if from == module {
        None
    } else if from == "proxy" && !SEEN_BY_PROXY.contains(&module) {
        Some(format!("proxy may only see {}", SEEN_BY_PROXY.join(", ")))
    } else if own == other {
        Some(format!("{from} and {module} are siblings, and blind to each other"))
    } else {
        (own < other).then(|| format!("{module} is above {from}"))
    }
}

#[test]
fn no_import_climbs() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let (from, depth) = place(&file);
        for Import { line, module } in imports(&text, depth) {
            let fault = fault(&from, &module);
            faults.extend(
                fault.map(|why| format!("src-tauri/src/{}:{line}: crate::{module}: {why}", file.display())),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn lib_lists_every_module_in_order() {
    let lib = fs::read_to_string(root().join("src-tauri/src/lib.rs")).expect("the library has a root");
    let module = |line: &str| {
        let rest = line.trim().trim_start_matches("pub ").strip_prefix("mod ")?;
        rest.strip_suffix(';').map(str::to_owned)
    };
    let listed: Vec<String> = lib.lines().filter_map(module).collect();
    let levels: Vec<usize> = listed
        .iter()
        .map(|name| level(name).unwrap_or_else(|| panic!("{name} has no place in the order")))
        .collect();
    assert!(levels.is_sorted(), "lib.rs lists its modules out of order: {listed:?}");
    for (file, _) in
        sources().into_iter().filter(|(file, _)| file != Path::new("lib.rs") && file != Path::new("main.rs"))
    {
        let (module, _) = place(&file);
        assert!(listed.contains(&module), "lib.rs does not list {module} (src-tauri/src/{})", file.display());
    }
}

#[test]
fn names_say_what_is_inside() {
    for file in files_under(root(), &SKIPPED) {
        let names = file.strip_prefix(root()).expect("below the root").with_extension("");
        let empty =
            names.iter().map(|name| name.to_string_lossy()).find(|name| EMPTY_NAMES.contains(&&**name));
        assert_eq!(empty, None, "{}", file.display());
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::model::{Id, Time};\nuse crate::{config::{A, B}, db, record::Event};\n// crate::cli\n\
                fn f() -> crate::api::Answer {}\nuse super::super::app::run;\nuse super::gate;\n\
                mod tests {\n    use super::super::parent;\n    use super::super::super::mcp;\n}";
    let found: Vec<(usize, String)> =
        imports(text, 2).into_iter().map(|import| (import.line, import.module)).collect();
    let expected =
        [(1, "model"), (2, "config"), (2, "db"), (2, "record"), (4, "api"), (5, "app"), (9, "mcp")];
    assert_eq!(found, expected.map(|(line, module)| (line, module.to_owned())));
}

#[test]
fn faults_are_told_from_what_is_allowed() {
    for (from, module) in
        [("model", "config"), ("proxy", "db"), ("proxy", "logs"), ("journal", "recorder"), ("web", "mcp")]
    {
        assert!(fault(from, module).is_some(), "{from} may import {module}");
    }
    for (from, module) in
        [("config", "model"), ("proxy", "journal"), ("app", "proxy"), ("web", "api"), ("db", "db")]
    {
        assert_eq!(fault(from, module), None, "{from} may not import {module}");
    }
}

/// Folders that are no part of the project.
const SKIPPED: [&str; 6] = [".git", "target", "node_modules", ".venv", "__pycache__", "dist"];

/// Where Cargo's lock file has packages from: the public index, by the name that every Cargo knows.
const PUBLIC_INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn lock_files_hold_no_download_address() {
    let read = |file| fs::read_to_string(root().join(file)).expect("the lock file is part of the project");
    for line in read("Cargo.lock").lines() {
        let source = line.strip_prefix("source = \"");
        assert!(source.is_none_or(|source| source.starts_with(PUBLIC_INDEX)), "Cargo.lock: {line}");
    }
    assert!(!read("package-lock.json").contains("\"resolved\""), "package-lock.json: a download address");
}

/// No path of the machine on which this was built, and no setting that names a registry.
#[test]
fn no_file_depends_on_the_machine_it_was_written_on() {
    let home = machine_home();
    let settings = ["registry=", "index-url", "extra-index", "replace-with", "[source."];
    for file in files_under(root(), &SKIPPED) {
        // Files that are no text hold no setting and no path to follow.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let own = file.ends_with("tests/it/layers.rs");
        for (number, line) in text.lines().enumerate() {
            let path = home.iter().find(|path| line.contains(path.as_str()));
            assert_eq!(path, None, "{}:{}: {line}", file.display(), number + 1);
            let setting = settings.iter().find(|setting| !own && line.trim_start().starts_with(**setting));
            assert_eq!(setting, None, "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

/// Where the project lies, as far up as it is nobody else's, and where its tools live.
fn machine_home() -> Vec<String> {
    let shared = ["home", "Users", "tmp", "var", "opt", "srv", "mnt", "usr", "private"];
    let parts =
        |path: &Path| path.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let (project, tools) = (parts(root()), parts(Path::new(env!("CARGO"))));
    let project = if shared.contains(&project[0].as_str()) { &project[..2] } else { &project[..1] };
    // `.cargo` or `.rustup`; tools that the system brings lie where they do on every machine.
    let tools = tools.iter().position(|part| part.starts_with('.')).map(|hidden| &tools[..=hidden]);
    [Some(project), tools].into_iter().flatten().map(|parts| format!("/{}/", parts.join("/"))).collect()
}
