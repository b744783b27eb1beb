//! Steps on schedules, as the words of their scripts.

use super::steps::{Fire, Put, Scheduling};
use crate::queue::encode::Words;
use crate::queue::scripts::Script;

/// Appends a step's words. Answers its script.
pub fn push_scheduling(words: &mut Words, step: &Scheduling) -> Script {
    let mut script = Script::SCHEDULES;
    match step {
        Scheduling::Find { id, only } => {
            words.text("find");
            words.text(id);
            words.only(only.as_ref());
        }
        Scheduling::Put(put) => push_put(words, put),
        Scheduling::Remove { name } => {
            words.text("remove");
            words.text(name);
        }
        Scheduling::Page { only, from, limit } => {
            words.text("page");
            words.only(only.as_ref());
            words.number(*from);
            words.number(*limit);
        }
        Scheduling::Clear { only, cursor } => {
            words.text("clear");
            words.only(only.as_ref());
            words.text(cursor);
        }
        Scheduling::Due => words.text("due"),
        Scheduling::Fire(fires) => {
            words.text("fire");
            fires.iter().for_each(|fire| push_fire(words, fire));
            script = Script::FIRE;
        }
        Scheduling::Run { name, job } => {
            words.text("run");
            words.text(name);
            words.text(job);
            script = Script::FIRE;
        }
    }
    script
}

fn push_put(words: &mut Words, put: &Put) {
    words.text("put");
    words.text(&put.name);
    words.text(&put.times);
    words.text(put.slot.to_string());
    words.text(put.missed);
    words.text(put.overlap);
    words.number(put.count);
    words.text(&put.organization);
    words.text(put.priority.to_string());
    words.text(&put.head);
    words.text(&put.middle);
    words.text(&put.tail);
}

fn push_fire(words: &mut Words, fire: &Fire) {
    let (job, at) = fire.job.as_ref().map_or(("", 0), |(id, at)| (id, *at));
    words.text(&fire.name);
    words.number(fire.revision);
    words.text(fire.slot.to_string());
    words.text(fire.next.map_or_else(String::new, |next| next.to_string()));
    words.text(job);
    words.text(at.to_string());
    words.number(fire.skipped);
}
