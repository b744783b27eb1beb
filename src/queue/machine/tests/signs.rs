//! Signs of life of workers.

use super::*;

/// The renewals that are sent now, by their members. Sweeps are left aside.
fn renewals(played: &mut Played) -> Vec<(u64, Vec<String>)> {
    let sent = played.sent_on(LEASE).into_iter();
    let own = sent.filter(|(_, words)| words[6] == "w~1");
    own.map(|(id, words)| (id, words[8..].to_vec())).collect()
}

fn renewed(played: &mut Played, id: u64) {
    let hints = crate::queue::contract::Hints::default();
    played.answer(id, Ok(Reply::Renewed { hints, lost: Vec::new(), stopped: Vec::new() }));
}

/// A worker whose lease lasts ten minutes, with a job.
fn working() -> Played {
    let mut played = Played::new("{}");
    played.work_with(r#"{"concurrency":1,"prefetch":0,"leaseMs":600000}"#);
    played.connect("run");
    played.greet();
    let [(id, _)] = played.sent_on(QUEUE).try_into().unwrap();
    let record = b"1 a00/03 s00 p+0000 c1800000000000 t00000000\n{\"g\":\"\",\"t\":\"t\"}\n{}".to_vec();
    let given = vec![("j1:5:w~1:1800000000000".to_owned(), record)];
    played.answer(id, Ok(Reply::Turned(Turned { given, ..Turned::default() })));
    played.events();
    let [(id, members)] = renewals(&mut played).try_into().unwrap();
    assert!(members.is_empty());
    renewed(&mut played, id);
    played
}

#[test]
fn a_worker_with_a_long_lease_gives_a_sign_of_life_long_before_its_renewal() {
    let mut played = working();
    for _ in 0..14 {
        played.pass(1_000);
        played.events();
    }
    assert!(renewals(&mut played).is_empty());
    played.pass(1_001);
    let [(_, members)] = renewals(&mut played).try_into().unwrap();
    assert!(members.is_empty());
}

#[test]
fn a_worker_whose_thread_stands_still_gives_none() {
    let mut played = working();
    for _ in 0..60 {
        played.pass(1_000);
    }
    assert!(renewals(&mut played).is_empty());
}
