//! The index against real SQLite files and real log lines.

mod compressed;
mod costs;
mod faults;
mod folder;
mod go_logs;
mod history;
mod live;
mod orders;
mod plans;
mod rebuild;
mod search;
