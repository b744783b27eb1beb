//! Calls through an exchange to a real redis-server: what its users see, and what is left in Redis.

mod client;
mod contract;
mod hashes;
mod index;
mod legacy;
mod outages;
mod races;
mod scripts;
mod server;
