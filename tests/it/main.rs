//! The integration tests: the built binary, real sockets, real files. One program, so it links once.

mod cli;
mod clients;
mod counted;
mod documents;
mod explore;
mod fidelity;
mod framing;
mod gate;
mod layers;
mod loss;
mod never_in_the_way;
mod pausing;
mod recording;
mod search;
mod setup;
mod support;
