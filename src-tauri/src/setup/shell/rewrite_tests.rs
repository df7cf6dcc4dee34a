use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use rustix::fs::{XattrFlags, getxattr, setxattr};
use tempfile::TempDir;

use super::*;

/// A folder with the file `rc`, which holds `old`.
fn folder() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rc");
    put(&path, b"old");
    (dir, path)
}

fn put(path: &Path, bytes: &[u8]) {
    File::create(path).and_then(|mut file| file.write_all(bytes)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[track_caller]
fn replaced(path: &Path, keep: Option<&Path>) {
    read(path).unwrap().unwrap().replace(b"new", "tag", keep).unwrap();
}

#[test]
fn links_stay_and_what_they_lead_to_is_replaced() {
    let (dir, path) = folder();
    let dotfiles = dir.path().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    fs::rename(&path, dotfiles.join("real")).unwrap();
    symlink("dotfiles/real", dir.path().join("relative")).unwrap();
    symlink(dir.path().join("relative"), dir.path().join("absolute")).unwrap();
    symlink("absolute", &path).unwrap();
    replaced(&path, None);
    assert_eq!(fs::read(dotfiles.join("real")).unwrap(), b"new");
    assert_eq!(fs::read_link(&path).unwrap(), Path::new("absolute"));
    assert_eq!((names(&dotfiles).len(), names(dir.path()).len()), (1, 4));
}

#[test]
fn mode_and_attributes_are_kept_and_the_copy_is_private() {
    let (dir, path) = folder();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o754)).unwrap();
    let has_attributes = setxattr(&path, "user.note", b"mine", XattrFlags::empty()).is_ok();
    let keep = dir.path().join("copy");
    replaced(&path, Some(&keep));
    assert_eq!((mode(&path), mode(&keep)), (0o754, 0o600));
    assert_eq!((fs::read(&path).unwrap(), fs::read(&keep).unwrap()), (b"new".to_vec(), b"old".to_vec()));
    let mut value = [0; 8];
    assert!(
        !has_attributes
            || getxattr(&path, "user.note", &mut value[..]) == Ok(4) && value.starts_with(b"mine")
    );
    assert_eq!(names(dir.path()), ["copy", "rc"]);
}

#[test]
fn what_cannot_be_replaced_safely_is_refused() {
    let (dir, path) = folder();
    let inside = |name: &str| dir.path().join(name);
    symlink("nowhere", inside("dangling")).unwrap();
    symlink("loop", inside("loop")).unwrap();
    fs::create_dir(inside("folder")).unwrap();
    put(&inside("utf16"), b"\xff\xfee\0");
    File::create(inside("large")).unwrap().set_len(MAX_BYTES + 1).unwrap();
    put(&inside("locked"), b"old");
    fs::set_permissions(inside("locked"), fs::Permissions::from_mode(0o444)).unwrap();
    let refusal = |name: &str| read(&inside(name)).unwrap_err();
    assert!(matches!(refusal("dangling"), Refusal::Dangling));
    assert!(matches!(refusal("loop"), Refusal::Io(_)));
    assert!(matches!(refusal("folder"), Refusal::NotAFile));
    assert!(matches!(read(Path::new("/dev/null")).unwrap_err(), Refusal::NotAFile));
    assert!(matches!(refusal("utf16"), Refusal::Utf16));
    assert!(matches!(refusal("large"), Refusal::TooLarge));
    assert!(matches!(refusal("locked"), Refusal::ReadOnly));
    assert!(read(&inside("missing")).unwrap().is_none());
    fs::hard_link(&path, inside("other")).unwrap();
    assert!(matches!(read(&path).unwrap_err(), Refusal::HardLinked));
}

#[test]
fn a_file_that_changed_since_it_was_read_is_left_alone() {
    for rename in [false, true] {
        let (dir, path) = folder();
        let original = read(&path).unwrap().unwrap();
        let edited = if rename { dir.path().join("edited") } else { path.clone() };
        put(&edited, b"oLd");
        fs::rename(&edited, &path).unwrap();
        assert!(matches!(original.replace(b"new", "tag", None), Err(Refusal::Changed)));
        assert!(matches!(original.remove("tag"), Err(Refusal::Changed)));
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"oLd".to_vec(), vec!["rc".to_owned()]));
    }
}

/// The moment after the last look: what the exchange brings out is not what was read.
#[test]
fn what_somebody_wrote_at_the_last_moment_goes_back_to_its_place() {
    let (dir, path) = folder();
    let original = read(&path).unwrap().unwrap();
    let other = dir.path().join("other");
    put(&other, b"theirs");
    put(&path, b"new");
    assert!(matches!(original.settle(&other, b"new", None), Err(Refusal::Changed)));
    assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"theirs".to_vec(), vec!["rc".to_owned()]));

    put(&other, b"theirs");
    put(&path, b"a third one's");
    assert!(matches!(original.settle(&other, b"new", None), Err(Refusal::Crossed(_))));
    let aside = dir.path().join("other-aside");
    assert_eq!(
        (fs::read(&path).unwrap(), fs::read(&aside).unwrap()),
        (b"theirs".to_vec(), b"a third one's".to_vec())
    );
}

#[test]
fn a_failure_leaves_the_file_and_nothing_else() {
    let (dir, path) = folder();
    // The temporary file's name would be longer than names can be.
    let long = dir.path().join("n".repeat(250));
    fs::rename(&path, &long).unwrap();
    assert!(matches!(read(&long).unwrap().unwrap().replace(b"new", "tag", None), Err(Refusal::Io(_))));
    assert_eq!((fs::read(&long).unwrap(), names(dir.path()).len()), (b"old".to_vec(), 1));

    let short = dir.path().join("rc");
    fs::rename(&long, &short).unwrap();
    let original = read(&short).unwrap().unwrap();
    assert!(matches!(
        original.replace(b"new", "tag", Some(&dir.path().join("no/copy"))),
        Err(Refusal::Record(_))
    ));
    assert_eq!((fs::read(&short).unwrap(), names(dir.path()).len()), (b"old".to_vec(), 1));
}

#[test]
fn only_a_missing_file_is_created() {
    let (dir, path) = folder();
    assert!(matches!(create(&path, b"new", "tag"), Err(Refusal::Changed)));
    create(&dir.path().join("fresh"), b"new", "tag").unwrap();
    assert_eq!((fs::read(&path).unwrap(), names(dir.path()).len()), (b"old".to_vec(), 2));
}
