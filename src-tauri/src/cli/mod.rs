//! The command line: what may be typed, and which file does it. Nothing is decided here but words.

mod arguments;
mod completions;
mod compress;
mod doctor;
mod env;
mod explore;
mod human;
mod import;
mod output;
mod reindex;
mod run;
mod search;
pub mod serve;
mod sessions;
mod setup;
mod show;
mod status;
mod transcript;
pub mod tray;
mod visible;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use crate::config::{self, Config, ConfigError, Environment, Flags, Paths};
use arguments::{Arguments, Command, Go};

pub use explore::Explore;

/// What a command needs to know about this run.
struct Context {
    environment: Environment,
    flags: Flags,
    paths: Paths,
}

impl Context {
    fn config(&self) -> Result<Config, ConfigError> {
        config::load(&self.flags, &self.environment)
    }
}

/// What became of a command line. Other front ends are none of our business: whoever called starts them.
pub enum Outcome {
    /// It was done: 0 it worked, 1 it failed, 2 it was not understood.
    Done(ExitCode),
    /// The explorer is wanted, in a browser.
    Explore(Box<Explore>),
    /// The tray application is wanted.
    #[cfg(feature = "desktop")]
    Tray(Box<tray::TrayRequest>),
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let arguments = match Arguments::read(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return Outcome::Done(output::usage(&error)),
    };
    start(arguments).unwrap_or_else(|error| Outcome::Done(output::failure(&error)))
}

/// How a front end ended that was started for a command line.
pub fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failure(&error),
    }
}

fn start(arguments: Arguments) -> anyhow::Result<Outcome> {
    let environment = Environment::of_process();
    let paths = Paths::of(&environment)?;
    let (go, tray) = (arguments.go_flag(), arguments.tray);
    let context = Context { flags: arguments.flags.into(), environment, paths };
    match (arguments.command, go) {
        (Some(command), _) => obey(context, command),
        (None, Some(go)) => obey_go(context, go, arguments.explore_port),
        (None, None) => tray::run(context, tray),
    }
}

fn obey(context: Context, command: Command) -> anyhow::Result<Outcome> {
    let done = match command {
        Command::Serve => serve::run(&context),
        Command::Env(arguments) => env::run(&context, &arguments),
        Command::Run(arguments) => run::run(&context, &arguments),
        Command::Status(arguments) => status::run(&context, arguments),
        Command::Doctor(arguments) => doctor::run(&context, arguments),
        Command::Sessions(arguments) => sessions::run(&context, &arguments),
        Command::Show(arguments) => show::run(&context, &arguments),
        Command::Search(arguments) => search::run(&context, &arguments),
        // `--port` is the proxy's for every other command.
        Command::Explore(arguments) => {
            let port = context.flags.port;
            return Ok(Outcome::Explore(Box::new(Explore::new(context, port, !arguments.no_open)?)));
        }
        Command::Reindex(arguments) => reindex::run(&context, arguments),
        Command::Import(arguments) => import::run(&context, &arguments),
        Command::Compress(arguments) => compress::run(&context, arguments),
        Command::Setup(command) => setup::run(&context, &command),
        Command::Completions { shell } => completions::run(shell),
    };
    done.map(Outcome::Done)
}

/// The flags of the Go llm-proxy.
fn obey_go(context: Context, flag: Go, explore_port: Option<u16>) -> anyhow::Result<Outcome> {
    let done = match flag {
        Go::Service => serve::run(&context),
        Go::Env => env::run(&context, &arguments::EnvArguments::default()),
        Go::Status => status::run(&context, arguments::ListArguments::default()),
        Go::SetupShell => setup::shell(&context, &arguments::SetupShellArguments::default()),
        Go::Setup => anyhow::bail!(
            "setting up a service is not built in yet: `llm-proxy setup shell` sets up the shells, `llm-proxy serve` runs the proxy"
        ),
        Go::Uninstall => anyhow::bail!(
            "uninstalling is not built in yet: `llm-proxy setup shell --undo` takes back what was set up in startup files; then delete the program"
        ),
        Go::Explore => {
            return Ok(Outcome::Explore(Box::new(Explore::new(context, explore_port, true)?)));
        }
    };
    done.map(Outcome::Done)
}

/// Waits for something asynchronous on this thread.
fn wait<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}
