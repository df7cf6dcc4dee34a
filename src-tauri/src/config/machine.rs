//! The name of this machine, as log lines have it: `user@host`.

use super::env_vars::{self, Environment};

/// Characters of each part that are kept.
const MAX_CHARS: usize = 64;

/// `user@host`, both as the system names them.
pub fn machine_name(env: &Environment) -> String {
    let user = env.get(env_vars::USER).or_else(|| env.get(env_vars::USERNAME));
    let user = user.map_or_else(system::user, |user| user.to_string_lossy().into_owned());
    format!("{}@{}", short(&user), short(&system::host(env)))
}

fn short(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(MAX_CHARS).collect()
}

#[cfg(unix)]
mod system {
    use super::Environment;

    /// Services may have no `USER`.
    pub(super) fn user() -> String {
        format!("uid{}", rustix::process::getuid().as_raw())
    }

    pub(super) fn host(_: &Environment) -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

/// Written for Windows, and not tested there.
#[cfg(not(unix))]
mod system {
    use super::{Environment, env_vars};

    pub(super) fn user() -> String {
        "user".to_owned()
    }

    pub(super) fn host(env: &Environment) -> String {
        env.get(env_vars::COMPUTERNAME)
            .map_or_else(|| "host".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn user_and_host() {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let name = machine_name(&Environment::from_pairs([("USER", "ada\n")]));
        assert_eq!(name, format!("ada@{}", host.trim_end()));
        assert!(machine_name(&Environment::default()).starts_with("uid"));
    }
}
