//! The index against real SQLite files and real log lines.

mod faults;
mod folder;
mod history;
mod live;
mod rebuild;
