//! What may be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::config::Flags;
use crate::setup::exports::Shell;

/// A local transparent proxy that keeps what AI agents said to the models.
///
/// Without a command it is the tray application, or serves where there is no desktop.
#[derive(Debug, Parser)]
#[command(name = "llm-proxy", version, propagate_version = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) flags: GlobalFlags,
    #[command(flatten)]
    pub(super) tray: TrayFlags,
    #[command(flatten)]
    go: GoFlags,
    /// Goes with `--explore`
    #[arg(long, hide = true, value_name = "N")]
    pub(super) explore_port: Option<u16>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Args)]
pub(super) struct GlobalFlags {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
    /// Folder of the logs and their index
    #[arg(long, global = true, value_name = "DIR")]
    log_dir: Option<PathBuf>,
    /// Configuration file to read
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How the tray application starts.
#[derive(Debug, Clone, Copy, Args)]
#[group(multiple = false)]
pub(super) struct TrayFlags {
    /// Without a command: show no window, whatever else, as at login
    #[arg(long)]
    pub(super) hidden: bool,
    /// Without a command: open the window
    #[arg(long)]
    pub(super) window: bool,
}

impl TrayFlags {
    fn given(self) -> bool {
        self.hidden || self.window
    }
}

impl From<GlobalFlags> for Flags {
    fn from(flags: GlobalFlags) -> Self {
        Self { port: flags.port, log_dir: flags.log_dir, config: flags.config }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the proxy in the foreground
    Serve,
    /// Print the lines that point a shell's clients at the proxy
    Env(EnvArguments),
    /// Run a command whose clients use the proxy
    Run(RunArguments),
    /// Say whether the proxy runs, and what it saw today
    Status(ListArguments),
    /// Check everything that has to be in order
    Doctor(ListArguments),
    /// List the latest sessions
    Sessions(SessionsArguments),
    /// Show a session as a conversation
    Show(ShowArguments),
    /// Search what was said
    Search(SearchArguments),
    /// Open the explorer in a browser
    Explore(ExploreArguments),
    /// Make the index anew from the log files
    Reindex(ListArguments),
    /// Take over the log folder of the Go llm-proxy
    Import(ImportArguments),
    /// Compress sessions that are not in use, or take it back
    Compress(CompressArguments),
    /// Point what you start at the proxy, or take it back
    #[command(subcommand)]
    Setup(SetupCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Default, Args)]
pub(super) struct EnvArguments {
    /// bash, zsh, sh, fish, powershell, cmd, nushell or dotenv; guessed when not given
    #[arg(long, value_name = "SHELL")]
    pub(super) shell: Option<Shell>,
    /// Print the lines that take it back; needs no running proxy
    #[arg(long)]
    pub(super) unset: bool,
    /// Gemini CLI too; this changes how it signs in
    #[arg(long)]
    pub(super) gemini: bool,
}

#[derive(Debug, Default, Args)]
pub(super) struct ExploreArguments {
    /// Only print the link, for a browser on another machine
    #[arg(long)]
    pub(super) no_open: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub(super) command: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct ListArguments {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SessionsArguments {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// Its id, the beginning of its id, or `last`
    pub(super) session: String,
    /// Print the turns as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = SEARCH_HELP)]
pub(super) struct SearchArguments {
    /// Words; see below
    #[arg(required = true, value_name = "QUERY")]
    pub(super) query: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// At most this many sessions
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
}

const SEARCH_HELP: &str = "\
All of it has to fit:
  word  \"two words\"  begin*  -without
  in:prompt|answer|thinking|tool|result|system  role:user|assistant|tool|system
  tool:NAME  client:NAME  model:NAME  (part of it)  session:ID  (its beginning)
  status:429  status:>=400  is:error  before:2026-11-23  after:2026-11-23
  key:one,other  -key:value  (model:opus or is:error)
The shell takes away quotes, and -- ends the flags: llm-proxy search -- '-other \"two words\"'";

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The folder to read; nothing in it changes
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct CompressArguments {
    /// Days that nobody has written to them; as `compress_after_days` when not given
    #[arg(long, value_name = "DAYS", conflicts_with = "undo")]
    pub(super) older_than: Option<u64>,
    /// Make all of them plain again
    #[arg(long)]
    pub(super) undo: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum SetupCommand {
    /// Have new shells use the proxy while it runs
    Shell(SetupShellArguments),
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct SetupShellArguments {
    /// Take it back, byte for byte
    #[arg(long)]
    pub(super) undo: bool,
    /// Only say what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// The Go llm-proxy knew no commands, only these flags. Scripts and services still use them.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct GoFlags {
    #[arg(long, hide = true)]
    service: bool,
    #[arg(long, hide = true)]
    env: bool,
    #[arg(long, hide = true)]
    status: bool,
    #[arg(long, hide = true)]
    setup: bool,
    #[arg(long, hide = true)]
    setup_shell: bool,
    #[arg(long, hide = true)]
    uninstall: bool,
    #[arg(long, hide = true)]
    explore: bool,
}

/// What a flag of the Go llm-proxy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    Service,
    Env,
    Status,
    Setup,
    SetupShell,
    Uninstall,
    Explore,
}

impl Arguments {
    /// Reads a command line. A command does not go with a flag that stands for a command.
    pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let read = Self::try_parse_from(with_double_dashes(arguments))?;
        let conflict = match (read.command.is_some(), read.go_flag().is_some(), read.tray.given()) {
            (true, true, _) => Some("a flag of the Go llm-proxy cannot stand with a command\n"),
            (true, _, true) | (_, true, true) => Some("--hidden and --window stand without a command\n"),
            (_, _, _) => None,
        };
        if let Some(message) = conflict {
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(read)
    }

    /// The flag of the Go llm-proxy that was given.
    pub(super) fn go_flag(&self) -> Option<Go> {
        self.go.chosen().or_else(|| self.explore_port.map(|_| Go::Explore))
    }
}

impl GoFlags {
    fn chosen(&self) -> Option<Go> {
        let flags = [
            (self.service, Go::Service),
            (self.env, Go::Env),
            (self.status, Go::Status),
            (self.setup, Go::Setup),
            (self.setup_shell, Go::SetupShell),
            (self.uninstall, Go::Uninstall),
            (self.explore, Go::Explore),
        ];
        flags.into_iter().find_map(|(given, flag)| given.then_some(flag))
    }
}

/// Go's flags may begin with one dash, and so may ours where the Go llm-proxy had them.
const GO_NAMES: [&str; 11] = [
    "service",
    "env",
    "status",
    "setup",
    "setup-shell",
    "uninstall",
    "explore",
    "explore-port",
    "port",
    "log-dir",
    "config",
];

/// Puts the second dash where the Go llm-proxy needed none. Only flags before a command are looked
/// at: what follows `run` is someone else's.
fn with_double_dashes(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    for argument in arguments.iter_mut().skip(1) {
        match argument.to_str().map(|text| (text, text.strip_prefix('-'))) {
            Some((_, Some(flag))) if GO_NAMES.contains(&flag.split('=').next().unwrap_or(flag)) => {
                *argument = format!("--{flag}").into();
            }
            Some((word, None)) if COMMANDS.contains(&word) => break,
            Some(_) | None => {}
        }
    }
    arguments
}

/// The commands' names, as clap derives them.
const COMMANDS: [&str; 14] = [
    "serve",
    "env",
    "run",
    "status",
    "doctor",
    "sessions",
    "show",
    "search",
    "explore",
    "reindex",
    "import",
    "compress",
    "setup",
    "completions",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        let words = line.split_whitespace().map(OsString::from);
        Arguments::read([OsString::from("llm-proxy")].into_iter().chain(words))
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
        let names: Vec<_> =
            Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(names, COMMANDS);
    }

    #[test]
    fn global_flags_stand_before_or_behind_the_command() {
        for line in ["--port 80 --log-dir /l serve", "serve --port 80 --log-dir /l", "-port=80 -log-dir /l"] {
            let flags = Flags::from(parse(line).unwrap().flags);
            assert_eq!((flags.port, flags.log_dir), (Some(80), Some("/l".into())), "{line}");
        }
    }

    #[test]
    fn the_flags_of_the_go_program_are_understood() {
        for (line, flag) in [
            ("--service --port 80", Some(Go::Service)),
            ("-env", Some(Go::Env)),
            ("--setup-shell", Some(Go::SetupShell)),
            ("-explore -explore-port 9180", Some(Go::Explore)),
            ("--explore-port=9180", Some(Go::Explore)),
            ("", None),
        ] {
            assert_eq!(parse(line).unwrap().go_flag(), flag, "{line}");
        }
        assert!(parse("--setup --env").is_err());
        assert!(parse("--env sessions").is_err());
    }

    #[test]
    fn a_commands_own_flags_are_left_alone() {
        let Some(Command::Run(run)) = parse("run tool -env --port 80 -- x").unwrap().command else {
            panic!()
        };
        assert_eq!(run.command, ["tool", "-env", "--port", "80", "--", "x"]);
        let Some(Command::Run(run)) = parse("run -- tool -x").unwrap().command else { panic!() };
        assert_eq!(run.command, ["tool", "-x"]);
    }

    #[test]
    fn a_search_is_its_words_and_may_begin_with_a_hyphen_behind_two() {
        for (line, query) in
            [("search a b --json --limit 3", "a b"), ("search --json --limit 3 -- -a b", "-a b")]
        {
            let Some(Command::Search(search)) = parse(line).unwrap().command else { panic!() };
            assert_eq!((search.query.join(" ").as_str(), search.json, search.limit), (query, true, 3));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--port 70000",
            "frobnicate",
            "show",
            "run",
            "search",
            "search --limit 0 a",
            "sessions --limit 0",
            "env --shell tcsh",
            "--hidden --window",
            "--hidden serve",
            "--window --service",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
