//! `setup`: points what the user starts at the proxy, and takes it back.

use std::process::ExitCode;

use super::arguments::{SetupCommand, SetupShellArguments};
use super::visible::{visible_line, visible_text};
use super::{Context, output};
use crate::setup::shell::block::Difference;
use crate::setup::shell::{Change, Mode, Outcome, Refusal, set_up, undo};

pub(super) fn run(context: &Context, command: &SetupCommand) -> anyhow::Result<ExitCode> {
    match command {
        SetupCommand::Shell(arguments) => shell(context, arguments),
    }
}

pub(super) fn shell(context: &Context, arguments: &SetupShellArguments) -> anyhow::Result<ExitCode> {
    let mode = if arguments.dry_run { Mode::DryRun } else { Mode::Write };
    let (paths, environment) = (&context.paths, &context.environment);
    let outcomes =
        if arguments.undo { undo(paths, environment, mode)? } else { set_up(paths, environment, mode)? };
    if outcomes.is_empty() && !arguments.undo {
        anyhow::bail!("no startup file of bash, zsh, fish, PowerShell or Nushell was found");
    }
    let refused = outcomes.iter().any(|outcome| matches!(outcome.change, Change::Refused(_)));
    let mut text: String = outcomes.iter().map(|outcome| told(outcome, mode)).collect();
    if outcomes.is_empty() {
        text.push_str("No shell is set up.\n");
    } else if mode == Mode::Write && !refused {
        text.push_str(after(arguments.undo));
    }
    output::answer(&text)?;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn after(undone: bool) -> &'static str {
    if undone {
        "Shells that are open keep what they have: eval \"$(llm-proxy env --unset)\" takes it out.\n"
    } else {
        "New shells use the proxy while it runs. One that is open: eval \"$(llm-proxy env)\"\n"
    }
}

/// The file, and what was done to it; what was changed by hand is shown.
fn told(outcome: &Outcome, mode: Mode) -> String {
    let path = visible_line(&outcome.path.to_string_lossy());
    let would = if mode == Mode::DryRun { "would be " } else { "" };
    match &outcome.change {
        Change::Written => format!("{path}: {would}written\n"),
        Change::Added => format!("{path}: three lines {would}added at the end\n"),
        Change::AlreadyThere => format!("{path}: is set up already\n"),
        Change::TakenOut => format!("{path}: three lines {would}taken out\n"),
        Change::Deleted => format!("{path}: {would}deleted\n"),
        Change::GoneAlready => format!("{path}: was taken out already\n"),
        Change::Refused(refusal) => {
            let shown =
                if let Refusal::Edited(difference) = refusal { diff(difference) } else { String::new() };
            format!("{path}: left as it is: {}\n{shown}", visible_line(&refusal.to_string()))
        }
    }
}

/// What both begin and end with is shown as it is, the rest as taken out and put in.
fn diff(difference: &Difference) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (difference.expected.lines().collect(), difference.found.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let marked = |sign: char, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("    {sign} {}\n", visible_text(line))).collect()
    };
    let (old_end, new_end) = (old_rest.len() - tail, new_rest.len() - tail);
    [
        marked(' ', &old[..head]),
        marked('-', &old_rest[..old_end]),
        marked('+', &new_rest[..new_end]),
        marked(' ', &old_rest[old_end..]),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_marked() {
        let texts =
            |expected: &str, found: &str| Difference { expected: expected.into(), found: found.into() };
        assert_eq!(
            diff(&texts("a\nb\nc\n", "a\nx\ny\nc\n")),
            "      a\n    - b\n    + x\n    + y\n      c\n"
        );
        assert_eq!(diff(&texts("a\na\n", "a\n")), "      a\n    - a\n");
        assert_eq!(diff(&texts("a\n", "a\na\u{1b}[0m\n")), "      a\n    + a\\u{1b}[0m\n");
    }
}
