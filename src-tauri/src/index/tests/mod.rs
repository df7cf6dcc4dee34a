//! The index against real SQLite files and real log lines.

mod common_words;
mod compressed;
mod costs;
mod faults;
mod folder;
mod go_logs;
mod growth;
mod history;
mod live;
mod orders;
mod plans;
mod rebuild;
mod search;
