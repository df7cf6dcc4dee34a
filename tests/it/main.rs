//! The integration tests: the built binary, real sockets, real files. One program, so it links once.

mod clients;
mod fidelity;
mod gate;
mod layers;
mod support;
