//! Schedules: jobs that come at times of a pattern, without a job that waits for each.
//!
//! Promises: a slot makes one job at most, whichever processes fire it and however often; a change of a schedule is seen by the next
//! slot. Relies on the steps of a queue's store, which compare the slot and the revision. Never keeps a timer: `machine` does.

pub mod asked;
pub mod cron;
pub mod encode;
pub mod given;
pub mod steps;
pub mod times;
pub mod told;
