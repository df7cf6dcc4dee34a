use std::fs::File;
use std::io::Write as _;
use std::sync::Barrier;
use std::time::Instant;

use tempfile::TempDir;

use super::*;

/// A home, and the environment of a user with this login shell.
struct Home {
    dir: TempDir,
    shell: &'static str,
}

impl Home {
    fn new(shell: &'static str, files: &[(&str, &[u8])]) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap(), shell };
        files.iter().for_each(|(name, bytes)| home.put(name, bytes));
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        File::create(self.path(name)).and_then(|mut file| file.write_all(bytes)).unwrap();
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(name)).unwrap()).into_owned()
    }

    fn environment(&self) -> Environment {
        Environment::from_pairs([("HOME", self.dir.path().as_os_str()), ("SHELL", self.shell.as_ref())])
    }

    fn paths(&self) -> Paths {
        Paths::of(&self.environment()).unwrap()
    }

    fn set_up(&self, mode: Mode) -> String {
        self.told(&set_up(&self.paths(), &self.environment(), mode).unwrap())
    }

    fn undo(&self, mode: Mode) -> String {
        self.told(&undo(&self.paths(), &self.environment(), mode).unwrap())
    }

    /// `name Change` of each file.
    fn told(&self, outcomes: &[Outcome]) -> String {
        let told = outcomes.iter().map(|outcome| {
            let name = outcome.path.strip_prefix(self.dir.path()).unwrap().display();
            let change = format!("{:?}", outcome.change);
            format!("{name} {}", change.split(['{', '\n']).next().unwrap().trim_end_matches("(Difference "))
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// Every file and folder but the state folder's, with its bytes and mode.
    fn image(&self) -> Vec<(PathBuf, Vec<u8>, u32)> {
        use std::os::unix::fs::MetadataExt as _;
        let mut image = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with(".local") {
                    folders.push(path.clone());
                }
                let bytes = fs::read(&path).unwrap_or_default();
                let mode = path.metadata().unwrap().mode();
                image.push((path, bytes, mode));
            }
        }
        image.retain(|(path, ..)| !path.ends_with(".local"));
        image.sort();
        image
    }
}

const ENV: &str = ".config/llm-proxy/env.sh";

#[test]
fn what_was_there_is_there_again_after_undo() {
    let all: [(&str, &[u8]); 7] = [
        (".bashrc", b"export A=1"),
        (".bash_profile", b"a\r\n"),
        (".zshrc", b"\xff\0 \\"),
        (".config/fish/config.fish", b""),
        (".config/nushell/config.nu", b"x"),
        (".config/powershell/profile.ps1", b"a `\n"),
        (".config/llm-proxy/config.toml", b"port = 1\n"),
    ];
    for (shell, files) in [("/bin/bash", &all[..0]), ("/bin/zsh", &[]), ("/bin/fish", &[]), ("/bin/sh", &all)]
    {
        let home = Home::new(shell, files);
        let before = home.image();
        let planned = home.set_up(Mode::DryRun);
        assert_eq!(home.image(), before);
        assert!(!home.path(".local").exists(), "a dry run notes nothing");
        assert_eq!(home.set_up(Mode::Write), planned);
        let after = home.image();
        assert!(is_set_up(&home.paths()).unwrap() && after.len() > before.len());
        assert!(!home.set_up(Mode::Write).contains("Added") && home.image() == after, "{shell}");
        let planned = home.undo(Mode::DryRun);
        assert!(home.image() == after);
        assert_eq!(home.undo(Mode::Write), planned);
        assert_eq!(home.image(), before, "{shell}");
        assert!(!is_set_up(&home.paths()).unwrap() && home.undo(Mode::Write).is_empty());
    }
}

#[test]
fn the_file_as_it_was_is_kept_until_undo() {
    let home = Home::new("/bin/bash", &[(".bashrc", b"mine")]);
    let copies = || {
        let files = fs::read_dir(home.path(".local/state/llm-proxy/shell")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "before")).collect::<Vec<_>>()
    };
    home.set_up(Mode::Write);
    assert_eq!(copies().iter().map(|copy| fs::read(copy).unwrap()).collect::<Vec<_>>(), [b"mine"]);
    home.undo(Mode::Write);
    assert!(copies().is_empty());
}

#[test]
fn what_the_user_did_since_is_kept() {
    let home = Home::new("/bin/bash", &[(".profile", b"login\n"), (".bash_profile", b"")]);
    home.set_up(Mode::Write);
    home.put(".bashrc", (home.text(".bashrc") + "export B=2\n").as_bytes());
    fs::remove_file(home.path(".bash_profile")).unwrap();
    let undone = home.undo(Mode::Write);
    assert_eq!(undone, format!(".bash_profile GoneAlready, .bashrc TakenOut, {ENV} Deleted"));
    assert_eq!(home.text(".bashrc"), "export B=2\n");
}

#[test]
fn what_was_changed_by_hand_is_refused_and_stays_on_record() {
    let home = Home::new("/bin/bash", &[]);
    home.set_up(Mode::Write);
    home.put(".bashrc", home.text(".bashrc").replace("if [", "if true && [").as_bytes());
    home.put(ENV, (home.text(ENV) + "export MINE=1\n").as_bytes());
    let before = home.image();
    assert_eq!(home.set_up(Mode::Write), format!("{ENV} Refused(Edited, .bashrc Refused(Edited"));
    assert_eq!(home.undo(Mode::Write), format!(".bashrc Refused(Edited, {ENV} Refused(OwnChanged)"));
    assert!(home.image() == before && is_set_up(&home.paths()).unwrap());
}

#[test]
fn a_block_that_is_on_no_record_is_not_ours_to_take() {
    let home = Home::new("/bin/bash", &[]);
    home.set_up(Mode::Write);
    fs::remove_dir_all(home.path(".local")).unwrap();
    let before = home.text(".bashrc");
    assert_eq!(home.undo(Mode::Write), ".bashrc Refused(Foreign)");
    assert_eq!(home.set_up(Mode::Write), format!("{ENV} AlreadyThere, .bashrc AlreadyThere"));
    assert_eq!(home.undo(Mode::Write), format!("{ENV} Deleted, .bashrc Refused(Foreign)"));
    assert_eq!(home.text(".bashrc"), before);
}

#[test]
fn a_block_that_the_user_deleted_is_written_again() {
    let home = Home::new("/bin/bash", &[(".bashrc", b"mine\n")]);
    home.set_up(Mode::Write);
    home.put(".bashrc", b"mine, too\n");
    assert_eq!(home.set_up(Mode::Write), format!("{ENV} AlreadyThere, .bashrc Added"));
    assert_eq!(home.undo(Mode::Write), format!(".bashrc TakenOut, {ENV} Deleted"));
    assert_eq!(home.text(".bashrc"), "mine, too\n");
}

#[test]
fn an_older_file_of_ours_is_written_anew() {
    let home = Home::new("/bin/bash", &[]);
    home.set_up(Mode::Write);
    let current = home.text(ENV);
    let plan = startup_files::plan(&home.paths(), &home.environment()).unwrap();
    home.put(ENV, Owned::with_text(plan.owned[0].path.clone(), "# an older text\n").text.as_bytes());
    assert_eq!(home.set_up(Mode::Write), format!("{ENV} Written, .bashrc AlreadyThere"));
    assert_eq!(home.text(ENV), current);
}

/// Killed in the middle of making a file: it has the temporary name, too.
#[test]
fn what_a_killed_set_up_left_is_swept() {
    let home = Home::new("/bin/bash", &[]);
    let leave = || {
        let record = Record::look(&home.paths().state_dir);
        let entries = record.entries().unwrap();
        let id = &entries.iter().find(|entry| entry.block.is_some()).unwrap().id;
        fs::hard_link(home.path(".bashrc"), home.path(&format!(".bashrc.llm-proxy-{id}"))).unwrap();
    };
    home.set_up(Mode::Write);
    leave();
    assert_eq!(home.set_up(Mode::Write), format!("{ENV} AlreadyThere, .bashrc AlreadyThere"));
    leave();
    assert_eq!(home.undo(Mode::Write), format!(".bashrc Deleted, {ENV} Deleted"));
    assert_eq!(fs::read_dir(home.dir.path()).unwrap().count(), 1);
}

/// Two programs that edit the file at the same moment: neither loses what the other wrote. An editor that
/// read the file before us may write it without our lines; that is its right.
#[test]
fn an_edit_at_the_same_moment_is_never_lost() {
    let begun = Instant::now();
    Home::new("/bin/bash", &[(".bashrc", b"base\n")]).set_up(Mode::Write);
    let usual = begun.elapsed();
    for round in 0..500 {
        let home = Home::new("/bin/bash", &[(".bashrc", b"base\n"), ("edited", b"base\nedit\n")]);
        let start = Barrier::new(2);
        let is_set_up_first = round % 2 == 0;
        let told = std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                // At another moment of the set-up each time.
                let begun = Instant::now();
                while begun.elapsed() < usual * round / 500 {
                    std::hint::spin_loop();
                }
                fs::rename(home.path("edited"), home.path(".bashrc")).unwrap();
            });
            if !is_set_up_first {
                start.wait();
                return home.set_up(Mode::Write);
            }
            home.set_up(Mode::Write);
            start.wait();
            home.undo(Mode::Write)
        });
        let text = home.text(".bashrc");
        assert!(text.starts_with("base\nedit\n"), "round {round}: {told}: {text}");
        home.undo(Mode::Write);
        assert_eq!(home.text(".bashrc"), "base\nedit\n", "round {round}: {told}");
        assert_eq!(fs::read_dir(home.dir.path()).unwrap().count(), 2, "round {round}: left-overs");
    }
}
