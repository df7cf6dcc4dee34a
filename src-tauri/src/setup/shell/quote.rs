//! Paths in the words of each shell. What lies below the home folder is written with `HOME`, so that
//! startup files can be shared between machines.

use std::path::{Path, PathBuf};

/// A path that cannot stand in a line of a shell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: a path with control characters, or that is no text, cannot stand in a startup file", .0.display())]
pub struct UnfitPath(pub PathBuf);

/// For sh, bash, zsh.
pub(super) fn posix(path: &Path, home: &Path) -> Result<String, UnfitPath> {
    quoted(path, home, '\\', &['"', '$', '`', '\\'])
}

/// For fish.
pub(super) fn fish(path: &Path, home: &Path) -> Result<String, UnfitPath> {
    quoted(path, home, '\\', &['"', '$', '\\'])
}

/// For PowerShell, which takes typographic quotes for straight ones.
pub(super) fn powershell(path: &Path, home: &Path) -> Result<String, UnfitPath> {
    quoted(path, home, '`', &['"', '$', '`', '“', '”', '„'])
}

/// For Nushell, whole: its strings know no variables.
pub(super) fn nushell(path: &Path) -> Result<String, UnfitPath> {
    Ok(format!("\"{}\"", escaped(path, path, '\\', &['"', '\\'])?))
}

fn quoted(path: &Path, home: &Path, escape: char, special: &[char]) -> Result<String, UnfitPath> {
    match path.strip_prefix(home) {
        Ok(below) => Ok(format!("\"$HOME/{}\"", escaped(below, path, escape, special)?)),
        Err(_) => Ok(format!("\"{}\"", escaped(path, path, escape, special)?)),
    }
}

fn escaped(part: &Path, whole: &Path, escape: char, special: &[char]) -> Result<String, UnfitPath> {
    let text = part.to_str().filter(|text| !text.chars().any(char::is_control));
    let text = text.ok_or_else(|| UnfitPath(whole.to_owned()))?;
    Ok(text
        .chars()
        .flat_map(|letter| special.contains(&letter).then_some(escape).into_iter().chain([letter]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_is_escaped() {
        let home = Path::new("/home/ada");
        let odd = Path::new("/home/ada/a \"b$c`d\\e");
        assert_eq!(posix(odd, home).unwrap(), r#""$HOME/a \"b\$c\`d\\e""#);
        assert_eq!(fish(odd, home).unwrap(), r#""$HOME/a \"b\$c`d\\e""#);
        assert_eq!(powershell(odd, home).unwrap(), r#""$HOME/a `"b`$c``d\e""#);
        assert_eq!(nushell(odd).unwrap(), r#""/home/ada/a \"b$c`d\\e""#);
        assert_eq!(posix(Path::new("/etc/x"), home).unwrap(), "\"/etc/x\"");
        assert!(posix(Path::new("/home/ada/a\nb"), home).is_err());
    }
}
