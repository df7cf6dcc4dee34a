//! llm-proxy: a transparent local proxy that keeps what AI agents said to the models.
//!
//! The modules below stand in layer order: each imports only from those above it
//! (`tests/it/layers.rs` reads the imports and holds it). `docs/ARCHITECTURE.md` is the map.

pub mod model;
pub mod config;
pub mod provider;
pub mod record;
pub mod journal;
pub mod db;
pub mod proxy;
pub mod session;
pub mod logs;
pub mod index;
pub mod setup;
pub mod recorder;
pub mod api;
pub mod menu;
pub mod app;
pub mod cli;
pub mod web;
#[cfg(feature = "desktop")]
pub mod desktop;
