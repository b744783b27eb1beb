//! Runs the cache against a real redis-server: the answers to its users, and the data in Redis.

mod client;
mod contract;
mod entries;
mod hashes;
mod index;
mod legacy;
mod near;
mod outages;
mod queues;
mod races;
mod scripts;
mod server;
mod sessions;
mod topics;
