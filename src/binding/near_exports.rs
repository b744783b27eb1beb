//! What JavaScript asks of copies in this process, and of leases that others hold.

use std::ptr;
use std::time::Instant;

use napi::sys;

use super::function::Thrown;
use super::invocation::{Body, Invocation};
use super::near_answer::NearAnswer;
use super::values;
use crate::near::{Options, TICKS_PER_MS};

/// Functions that take a client's number first.
pub const OF_A_CLIENT: [(&str, Body); 6] = [
    ("nearMemory", near_memory),
    ("nearGet", near_get),
    ("nearVersion", near_version),
    ("awaitLease", await_lease),
    ("endWait", end_wait),
    ("wokenWaits", woken_waits),
];

type Answer = std::result::Result<sys::napi_value, Thrown>;

/// `nearGet(client, head, ...arguments)`: what a copy answers to a read at once; undefined where there is none.
fn near_get(call: &Invocation) -> Answer {
    let client = call.client()?;
    let now = Instant::now();
    let answer = client.at_copies(word(call), &call.arguments()[2..], |core, read, scratch| {
        core.near_get(read, now, scratch, |outcome| NearAnswer::of(call.env, outcome)).flatten()
    });
    Ok(answer.map_or(ptr::null_mut(), |answer| answer.value(client.realm())))
}

/// `nearVersion(client, head, ...arguments)`: a number whose lower 32 bits change where the entry of a read may have changed.
/// From 2^32 on, all changes of other processes are among these. Undefined without copies.
fn near_version(call: &Invocation) -> Answer {
    let version = call.client()?.at_copies(word(call), &call.arguments()[2..], |core, read, scratch| {
        let (version, is_watched) = core.near_version(read, scratch)?;
        Some(u64::from(version) | u64::from(is_watched) << 32)
    });
    number(call, version)
}

/// `awaitLease(client, head, ...arguments)`: the number of a wait for the lease of a read's entry; undefined where nobody
/// would tell of its change.
fn await_lease(call: &Invocation) -> Answer {
    let wait =
        call.client()?.at_copies(word(call), &call.arguments()[2..], |core, read, _| core.await_lease(read));
    number(call, wait.map(u64::from))
}

/// `endWait(client, wait)`.
fn end_wait(call: &Invocation) -> Answer {
    call.client()?.core().lease_waits().end(word(call));
    Ok(ptr::null_mut())
}

/// `wokenWaits(client)`: the numbers of waits whose leases have changed, with spaces between.
fn woken_waits(call: &Invocation) -> Answer {
    let woken = call.client()?.core().lease_waits().take_woken();
    let text = woken.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    Ok(values::string(call.env, text.as_bytes()).unwrap_or(ptr::null_mut()))
}

/// `nearMemory(client, take)`: calls `take` with the store's memory, where stripes, sessions and clearings are, with the tick
/// of now, ticks a millisecond, the longest time that a session counts after its last confirmation, in ticks, and the
/// bytes that all copies may take. Not without copies.
fn near_memory(call: &Invocation) -> Answer {
    let client = call.client()?;
    let Some(store) = client.core().near_store() else { return Ok(ptr::null_mut()) };
    let Some(arrays) = super::near_memory::arrays(call.env, store) else { return Ok(ptr::null_mut()) };
    let Options { max_bytes, max_staleness } = store.options();
    let tick = store.tick_of(Instant::now());
    let numbers = [tick, TICKS_PER_MS, max_staleness.as_nanos() as u64, max_bytes as u64];
    let numbers = numbers.map(|number| values::integer(call.env, number as i64));
    let mut all = arrays.to_vec();
    for number in numbers {
        match number {
            Ok(number) => all.push(number),
            Err(_) => return Ok(ptr::null_mut()),
        }
    }
    values::call(call.env, call.argument(1), &all);
    Ok(ptr::null_mut())
}

/// The second argument, a number.
fn word(call: &Invocation) -> u32 {
    let mut word = 0;
    // SAFETY: an argument of the running call; where it is no number, `word` stays 0.
    unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut word) };
    word
}

fn number(call: &Invocation, number: Option<u64>) -> Answer {
    let value = number.and_then(|number| values::integer(call.env, number as i64).ok());
    Ok(value.unwrap_or(ptr::null_mut()))
}
