//! Reads arbitrary stored bytes as the record of a job: no panic, and what was accepted reads the same once it is
//! written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgcache::queue::Record;

fuzz_target!(|input: &[u8]| {
    let Some(record) = Record::read(input) else { return };
    let (head, tail) = record.job.write(record.data);
    let written = [&head[..], format!("{:013}", record.created_ms).as_bytes(), &tail].concat();
    let again = Record::read(&written).expect("what was written is a record");
    assert_eq!(again.job, record.job);
    assert_eq!((again.created_ms, again.data), (record.created_ms, record.data));
    // A new record has neither.
    assert_eq!((again.attempts, again.stalls), (0, 0));
});
