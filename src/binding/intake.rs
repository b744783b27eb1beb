//! Calls as they come out of JavaScript: words that say what, arguments that say on what.

use std::ptr;
use std::time::Instant;

use napi::sys;

use super::arguments::{bytes_of, read};
use super::sink::JsSink;
use crate::error::Result;
use crate::features::{Call, Features, RoomCall, Scratch};
use crate::redis::{self, CallArguments, Feature, Head, Outcome, RawCall, Sink, embedded, misuse};

/// Most commands have no more words; they are named without an allocation.
const FEW_WORDS: usize = 8;

/// Id of the call, head and number of arguments.
pub const WORDS_A_CALL: usize = 3;

/// The arguments of the calls of a batch.
pub struct Given<'a> {
    pub values: Values<'a>,
    /// The memory that numbers among a command's words point into (`js/argument-arena.js`).
    pub passing: sys::napi_value,
}

/// The values, one call's behind the other's.
pub enum Values<'a> {
    /// The submitting function's own: nothing has to be looked up.
    Spread(&'a [sys::napi_value]),
    /// In an array, where they are more than a stack should hold.
    Gathered(sys::napi_value),
}

impl Values<'_> {
    /// The argument at `position`; no value where there is none, which reads as absent.
    fn at(&self, env: sys::napi_env, position: usize) -> sys::napi_value {
        match self {
            Values::Spread(values) => values.get(position).copied().unwrap_or(ptr::null_mut()),
            Values::Gathered(array) => {
                let mut value = ptr::null_mut();
                // SAFETY: the array is an argument of the running call.
                unsafe { sys::napi_get_element(env, *array, position as u32, &raw mut value) };
                value
            }
        }
    }
}

/// Buffers that calls share.
#[derive(Default)]
pub struct Intake {
    arguments: CallArguments,
    scratch: Scratch,
}

impl Intake {
    /// Hands each call to `take`. `words` are id, head and number of arguments of each call in turn.
    pub fn take_calls(
        &mut self,
        env: sys::napi_env,
        words: &[u32],
        given: Given<'_>,
        sink: &mut JsSink,
        mut take: impl FnMut(&Call<'_>, u32, &mut JsSink),
    ) {
        let mut position = 0;
        for word in words.chunks_exact(WORDS_A_CALL) {
            let (call_id, head) = (word[0], Head::new(word[1], word[2] as usize));
            let argument = |offset| given.values.at(env, position + offset);
            let taken =
                self.with_call(env, head, argument, given.passing, |call, _| take(call, call_id, sink));
            if let Err(error) = taken {
                sink.settle(call_id, Outcome::Failed(error));
            }
            position += head.count;
        }
    }

    /// Answers one call at once, without a request.
    pub fn answer(
        &mut self,
        env: sys::napi_env,
        features: &Features,
        word: u32,
        arguments: &[sys::napi_value],
    ) -> Outcome<'static> {
        let now = Instant::now();
        let argument = |position: usize| arguments[position.min(arguments.len() - 1)];
        self.with_call(env, Head::with_count(word), argument, ptr::null_mut(), |call, scratch| match call {
            redis::Call::Room(call) => features.answer(call, now, scratch),
            redis::Call::Raw(_) => Outcome::Failed(embedded()),
        })
        .unwrap_or_else(Outcome::Failed)
    }

    /// Hands one read to `look`, which looks at copies. What makes no call finds none.
    pub fn at_copies<R>(
        &mut self,
        env: sys::napi_env,
        word: u32,
        arguments: &[sys::napi_value],
        look: impl FnOnce(&RoomCall<'_>, &mut Scratch) -> Option<R>,
    ) -> Option<R> {
        let argument = |position: usize| arguments.get(position).copied().unwrap_or(ptr::null_mut());
        self.with_call(env, Head::with_count(word), argument, ptr::null_mut(), |call, scratch| match call {
            redis::Call::Room(call) => look(call, scratch),
            redis::Call::Raw(_) => None,
        })
        .ok()?
    }

    fn with_call<R>(
        &mut self,
        env: sys::napi_env,
        head: Head,
        argument: impl Fn(usize) -> sys::napi_value,
        passing: sys::napi_value,
        then: impl FnOnce(&Call<'_>, &mut Scratch) -> R,
    ) -> Result<R> {
        let Intake { arguments, scratch } = self;
        arguments.clear();
        for position in 0..head.count {
            read(arguments, env, argument(position))?;
        }
        if head.is_transaction() {
            return take_transaction(arguments, head, scratch, then);
        }
        if !head.is_command() {
            let call = Features::decode(head.asked(), arguments)?;
            return Ok(then(&redis::Call::Room(call), scratch));
        }
        arguments.copy_from_arena(|| bytes_of(env, passing))?;
        let name = head.command_name()?;
        let words = name.into_iter().chain((0..head.count).map(|position| arguments.bytes(position)));
        let count = head.count + usize::from(name.is_some());
        if count <= FEW_WORDS {
            let mut few: [&[u8]; FEW_WORDS] = [&[]; FEW_WORDS];
            few.iter_mut().zip(words).for_each(|(place, word)| *place = word);
            return Ok(then(
                &redis::Call::Raw(RawCall::Command { words: &few[..count], options: head.options() }),
                scratch,
            ));
        }
        let many: Vec<&[u8]> = words.collect();
        Ok(then(&redis::Call::Raw(RawCall::Command { words: &many, options: head.options() }), scratch))
    }
}

/// The words of each command follow their number.
fn take_transaction<R>(
    arguments: &mut CallArguments,
    head: Head,
    scratch: &mut Scratch,
    then: impl FnOnce(&Call<'_>, &mut Scratch) -> R,
) -> Result<R> {
    let mut ranges = Vec::new();
    let mut position = 0;
    while position < head.count {
        let words = arguments.number(position).map_or(0, |count| count as usize);
        let range = position + 1..position + 1 + words;
        if words == 0 || range.end > head.count {
            return Err(misuse("the words of a transaction are not as many as it says"));
        }
        position = range.end;
        ranges.push(range);
    }
    ranges.iter().for_each(|range| arguments.numbers_to_text(range.clone()));
    let arguments = &*arguments;
    let words: Vec<Vec<&[u8]>> =
        ranges.into_iter().map(|range| range.map(|position| arguments.bytes(position)).collect()).collect();
    let commands: Vec<&[&[u8]]> = words.iter().map(Vec::as_slice).collect();
    Ok(then(
        &redis::Call::Raw(RawCall::Transaction { commands: &commands, options: head.options() }),
        scratch,
    ))
}
