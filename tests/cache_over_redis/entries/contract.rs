//! What entries promise, whichever store they are in. Each promise gets a store of its own.

use super::caller::{
    ABSENT, Cache, EARLY, FAILED, FULL, GONE, GRANTED, Got, HELD, KEPT, LATE, LOST, MUTATING, NONE, STALE,
    Store, THERE, Text,
};
use orgcache::error::ErrorCode;
use orgcache::redis::Outcome;

const USERS: &str = r#"{"name":"users","earlyRefresh":false}"#;
const GRACIOUS: &str = r#"{"name":"users","earlyRefresh":false,"graceSeconds":60}"#;

fn plain(text: &str) -> Got {
    Got::Plain(text.to_owned())
}

macro_rules! promises {
    ($($name:ident($store:ident) $body:block)+) => {
        $(fn $name($store: &mut dyn Store) $body)+

        /// Each promise with its name.
        pub const PROMISES: &[(&str, fn(&mut dyn Store))] = &[$((stringify!($name), $name),)+];
    };
}

promises! {
    a_value_is_read_back_until_it_is_deleted(store) {
        let mut users = Cache::open(store, USERS);
        assert_eq!(users.get("1"), Got::Nothing);
        for json in [r#"{"a":[1,"\u0000"]}"#, "null", "false", "[]", "\"text\"", "0"] {
            users.set("1", json);
            assert_eq!(users.get("1"), plain(json));
            assert!(users.has("1"));
        }
        let large = format!("\"{}\"", "x".repeat(100_000));
        users.set("large", &large);
        assert_eq!(users.get("large"), plain(&large));
        assert!(users.delete("1") && !users.delete("1"));
        assert_eq!((users.get("1"), users.has("1")), (Got::Nothing, false));
        assert_eq!(users.pull("large"), plain(&large));
        assert_eq!(users.pull("large"), Got::Nothing);
    }

    strange_keys_and_organizations_stay_apart(store) {
        let mut users = Cache::open(store, USERS);
        let keys = ["__proto__", "a:b", "a", "b", "\u{0}", "%00", "*", "ключ", "global"];
        for organization in [Some("org"), Some("other"), Some("global"), Some("a:b"), Some("{x}"), None] {
            users.of(organization);
            for (position, key) in keys.iter().enumerate() {
                assert_eq!(users.get(key), Got::Nothing, "{organization:?} sees another's {key:?}");
                users.set(key, &position.to_string());
            }
            for (position, key) in keys.iter().enumerate() {
                assert_eq!(users.get(key), plain(&position.to_string()), "{organization:?} {key:?}");
            }
            let mut all: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
            all.sort();
            assert_eq!(users.keys(), all);
        }
        assert_eq!(users.of(Some("other")).clear(), keys.len() as i64);
        assert_eq!(users.get("a"), Got::Nothing);
        assert!(users.of(None).has("a") && users.of(Some("global")).has("a"));
        let refused = users.call("entryGet", 0, &[Text("")]);
        assert!(matches!(refused, Outcome::Failed(error) if error.code() == ErrorCode::Key));
        let refused = users.call("entryGet", 0, &[Text(&"k".repeat(1_000_000))]);
        assert!(matches!(refused, Outcome::Failed(error) if error.code() == ErrorCode::Key));
    }

    a_value_ends_with_its_lifetime(store) {
        let mut users = Cache::open(store, USERS);
        users.set_with("1", "1", r#"{"ttlSeconds":0.4}"#);
        assert!(users.has("1"));
        users.advance(400);
        assert_eq!(users.get("1"), Got::Nothing);
        assert_eq!(users.keys(), [""; 0]);
    }

    one_of_several_makes_what_is_missing(store) {
        let mut users = Cache::open(store, USERS);
        let grant = users.granted("1");
        let second = users.take("1");
        assert_eq!((second.lease, second.payload), (HELD, None));
        assert!((1..=20).contains(&second.wait_ms), "{}", second.wait_ms);
        assert_eq!(users.fill("1", &grant, "\"made\""), KEPT);
        let third = users.take("1");
        assert_eq!((third.lease, third.payload.as_deref()), (THERE, Some("\"made\"")));
        assert_eq!(users.get("1"), plain("\"made\""));
        assert_eq!(users.fill("1", &grant, "2"), LOST, "a lease is for one fill");
        assert_eq!(users.get("1"), plain("\"made\""));
    }

    a_lease_ends_unless_it_is_renewed(store) {
        let mut users = Cache::open(store, r#"{"name":"users","leaseMs":1000}"#);
        let first = users.granted("1");
        users.advance(600);
        assert!(users.renew("1", &first));
        users.advance(600);
        assert_eq!(users.take("1").lease, HELD);
        users.advance(500);
        let second = users.granted("1");
        assert!(!users.renew("1", &first));
        assert_eq!(users.fill("1", &first, "1"), LOST);
        assert_eq!(users.fill("1", &second, "2"), KEPT);
        assert_eq!(users.get("1"), plain("2"));
    }

    a_failed_factory_lets_the_next_caller_try(store) {
        let mut users = Cache::open(store, USERS);
        let grant = users.granted("1");
        assert!(users.fail("1", &grant, false));
        assert!(!users.fail("1", &grant, false));
        let grant = users.granted("1");
        assert!(users.fail("1", &grant, true), "nothing stale is there, so the next caller may try all the same");
        users.granted("1");
    }

    a_stale_value_answers_while_factories_fail(store) {
        let mut users = Cache::open(store, r#"{"name":"users","graceSeconds":60,"retryAfterErrorSeconds":5}"#);
        users.set_with("1", "\"old\"", r#"{"ttlSeconds":0.05}"#);
        users.advance(50);
        let got = users.get("1");
        assert_eq!(got.told(), (Some("\"old\""), STALE));
        let taken = users.take_with("1", got.nonce(), 0, "{}");
        assert_eq!((taken.lease, taken.payload.as_deref()), (GRANTED, Some("\"old\"")));
        assert!(users.fail("1", &taken.grant, true));
        let rests = users.take_with("1", got.nonce(), 0, "{}");
        assert_eq!((rests.lease, rests.payload.as_deref()), (FAILED, Some("\"old\"")));
        assert!((1..=5000).contains(&rests.wait_ms));
        assert_eq!(users.take_with("1", got.nonce(), 1, "{}").lease, GRANTED, "refresh runs a factory all the same");
    }

    a_factory_that_ends_after_its_failure_was_told_is_kept(store) {
        let mut users = Cache::open(store, GRACIOUS);
        users.set_with("1", "1", r#"{"ttlSeconds":0.03}"#);
        users.advance(30);
        let nonce = users.get("1").nonce().to_owned();
        let grant = users.take_with("1", &nonce, 0, "{}").grant;
        assert!(users.fail("1", &grant, true));
        assert_eq!(users.fill("1", &grant, "2"), KEPT);
        assert_eq!(users.get("1").told(), (Some("2"), 0));
        assert_eq!(users.take("1").lease, THERE);
    }

    what_is_not_modified_lives_on(store) {
        let mut users = Cache::open(store, GRACIOUS);
        users.set_with("1", "{\"big\":1}", r#"{"ttlSeconds":0.05,"meta":"\"etag\""}"#);
        users.advance(50);
        let Got::Told { nonce, meta, .. } = users.get("1") else { panic!("it is stale") };
        assert_eq!(meta.as_deref(), Some("\"etag\""));
        let taken = users.take_with("1", &nonce, 0, "{}");
        assert_eq!(users.not_modified("1", &taken.grant), KEPT);
        assert_eq!(users.get("1").told(), (Some("{\"big\":1}"), 0));
        let again = users.take_with("1", &nonce, 0, "{}");
        assert_eq!((again.lease, again.payload.as_deref()), (THERE, Some("{\"big\":1}")));

        users.set_with("2", "1", r#"{"ttlSeconds":0.03,"graceSeconds":1}"#);
        users.advance(30);
        let nonce = users.get("2").nonce().to_owned();
        let taken = users.take_with("2", &nonce, 0, "{}");
        users.advance(1000);
        assert_eq!(users.not_modified("2", &taken.grant), GONE);
        assert_eq!(users.fill("2", &taken.grant, "1"), KEPT, "the lease is still held");
    }

    a_refresh_makes_anew_what_is_fresh(store) {
        let mut users = Cache::open(store, USERS);
        users.set("1", "1");
        assert_eq!(users.take("1").lease, THERE);
        let taken = users.take_with("1", "", 1, "{}");
        assert_eq!((taken.lease, taken.payload.as_deref(), taken.state), (GRANTED, Some("1"), 0));
        let later = users.take_with("1", "", 1, "{}");
        assert_eq!(later.lease, GRANTED);
        assert_eq!(users.fill("1", &taken.grant, "2"), LOST, "a later refresh has taken the lease over");
        assert_eq!(users.fill("1", &later.grant, "3"), KEPT);
    }

    an_early_refresh_is_one_callers(store) {
        let mut users = Cache::open(store, r#"{"name":"users","graceSeconds":60,"earlyRefresh":0.01,"jitter":0}"#);
        users.set_with("1", "1", r#"{"ttlSeconds":5}"#);
        users.advance(50);
        let got = users.get("1");
        assert_eq!(got.told(), (Some("1"), EARLY));
        let taken = users.take_with("1", got.nonce(), 0, "{}");
        assert_eq!((taken.lease, taken.payload.as_deref()), (GRANTED, Some("1")));
        assert_eq!(users.take_with("1", got.nonce(), 0, "{}").lease, HELD);
        let off = users.call("entryGet", 0, &[Text("1"), Text(r#"{"earlyRefresh":false}"#)]);
        assert_eq!(super::caller::got(&off).told(), (Some("1"), 0));
    }

    what_a_caller_does_meanwhile_is_not_overwritten(store) {
        let mut users = Cache::open(store, GRACIOUS);
        for (number, act) in [
            (|users: &mut Cache<'_>| users.set("0", "\"set\"")) as fn(&mut Cache<'_>),
            |users| assert!(!users.delete("1")),
            |users| {
                users.expire("2");
            },
            |users| assert_eq!(users.clear(), 1),
        ]
        .iter()
        .enumerate()
        {
            let key = number.to_string();
            let grant = users.granted(&key);
            act(&mut users);
            assert_eq!(users.fill(&key, &grant, "\"old\""), LOST, "{number}");
            assert!(users.get(&key) != plain("\"old\""), "{number}");
            assert!(!users.renew(&key, &grant), "{number}");
        }
        assert_eq!(users.get("0"), Got::Nothing, "the clearing took what was set");
    }

    expired_means_stale_from_now_on(store) {
        let mut users = Cache::open(store, GRACIOUS);
        users.set("1", "1");
        assert!(users.expire("1"));
        assert_eq!(users.get("1").told(), (Some("1"), STALE));
        assert_eq!((users.has("1"), users.keys()), (false, Vec::new()));
        assert!(users.expire("1"), "it is there still");
        let taken = users.take("1");
        assert_eq!((taken.lease, taken.payload.as_deref(), taken.state), (GRANTED, Some("1"), STALE));
        users.set_with("2", "2", r#"{"graceSeconds":0}"#);
        assert!(users.expire("2") && !users.expire("2"));
        assert_eq!(users.get("2"), Got::Nothing);
    }

    an_absence_is_kept_where_it_is_asked_for(store) {
        let mut users = Cache::open(store, USERS);
        let grant = users.granted("1");
        assert_eq!(users.fill("1", &grant, ""), NONE);
        let grant = users.granted("1");
        assert_eq!(users.fill_with("1", &grant, "", r#"{"negativeSeconds":10}"#), KEPT);
        assert_eq!(users.get("1").told(), (None, ABSENT));
        assert_eq!((users.has("1"), users.keys()), (false, Vec::new()));
        let taken = users.take("1");
        assert_eq!((taken.lease, taken.payload, taken.state), (THERE, None, ABSENT));
    }

    an_invalidated_tag_takes_all_entries_that_name_it(store) {
        let mut users = Cache::open(store, USERS);
        let tagged = r#"{"tags":["a","b:c"]}"#;
        users.set_with("1", "1", tagged);
        let grant = users.take_with("2", "", 0, tagged).grant;
        assert_eq!(users.fill_with("2", &grant, "2", tagged), KEPT);
        users.set("3", "3");
        assert_eq!([users.get("1"), users.get("2")], [plain("1"), plain("2")]);
        assert_eq!(users.keys(), ["1", "2", "3"]);
        users.invalidate("b:c");
        assert_eq!([users.get("1"), users.get("2"), users.get("3")], [Got::Nothing, Got::Nothing, plain("3")]);
        assert_eq!((users.has("1"), users.keys(), users.pull("2")), (false, vec!["3".to_owned()], Got::Nothing));
        assert_eq!(users.take_with("1", "", 0, tagged).lease, GRANTED);
        users.set_with("1", "new", tagged);
        assert_eq!(users.get("1"), plain("new"));
    }

    a_tag_is_the_organizations_and_all_of_its_caches(store) {
        let mut users = Cache::open(store, USERS);
        let (first, options) = (users.number, r#"{"tags":["t"]}"#);
        users.set_with("1", "1", options);
        users.of(Some("other"));
        users.set_with("1", "1", options);
        users.of(Some("org"));
        let mut posts = Cache::open(users.store, r#"{"name":"posts"}"#);
        posts.set_with("1", "1", options);
        posts.invalidate("t");
        assert_eq!(posts.get("1"), Got::Nothing);
        posts.number = first;
        assert_eq!(posts.get("1"), Got::Nothing);
        assert!(posts.of(Some("other")).has("1"));
    }

    an_expired_tag_makes_entries_stale(store) {
        let mut users = Cache::open(store, GRACIOUS);
        let tagged = r#"{"tags":["t"]}"#;
        users.set_with("1", "1", tagged);
        users.expire_tag("t");
        let got = users.get("1");
        assert_eq!(got.told(), (Some("1"), STALE));
        assert_eq!((users.has("1"), users.keys()), (false, Vec::new()));
        let taken = users.take_with("1", got.nonce(), 0, tagged);
        assert_eq!((taken.lease, taken.payload.as_deref()), (GRANTED, Some("1")));
        assert_eq!(users.fill_with("1", &taken.grant, "2", tagged), KEPT);
        assert_eq!(users.get("1").told(), (Some("2"), 0));
        users.expire_tag("t");
        users.invalidate("t");
        assert_eq!(users.get("1"), Got::Nothing);
    }

    an_invalidation_during_a_factory_counts(store) {
        let mut users = Cache::open(store, USERS);
        let tagged = r#"{"tags":["t"]}"#;
        let grant = users.take_with("1", "", 0, tagged).grant;
        users.invalidate("t");
        users.fill_with("1", &grant, "\"old\"", tagged);
        assert_eq!(users.get("1"), Got::Nothing);
        let grant = users.take_with("1", "", 0, tagged).grant;
        users.expire_tag("t");
        users.fill_with("1", &grant, "\"old\"", tagged);
        assert!(!users.has("1"));
    }

    a_tag_that_only_the_factory_names_must_be_older_than_it(store) {
        let mut users = Cache::open(store, USERS);
        let tagged = r#"{"tags":["t"]}"#;
        let grant = users.granted("1");
        assert_eq!(users.fill_with("1", &grant, "1", tagged), LATE, "nobody knows whether the tag has changed");
        users.advance(2);
        let grant = users.granted("1");
        assert_eq!(users.fill_with("1", &grant, "2", tagged), KEPT);
        assert_eq!(users.get("1"), plain("2"));
        users.invalidate("t");
        assert_eq!(users.get("1"), Got::Nothing);
        users.advance(2);
        let grant = users.granted("1");
        users.advance(2);
        users.invalidate("t");
        assert_eq!(users.fill_with("1", &grant, "3", tagged), LATE);
        assert_eq!(users.take("1").lease, GRANTED, "the lease has gone");
    }

    a_full_quota_makes_room_or_refuses(store) {
        let mut users = Cache::open(store, r#"{"name":"users","quota":{"maxEntries":3},"jitter":0}"#);
        for (key, ttl) in [("1", 50), ("2", 20), ("3", 30), ("4", 60), ("5", 10)] {
            users.set_with(key, key, &format!(r#"{{"ttlSeconds":{ttl}}}"#));
        }
        assert_eq!(users.keys(), ["1", "4", "5"], "those that end next made room");
        assert_eq!(users.set_with("5", "55", "{}"), Outcome::Boolean(true));
        assert_eq!(users.keys(), ["1", "4", "5"]);

        let mut posts = Cache::open(
            users.store,
            r#"{"name":"posts","quota":{"maxEntries":2,"onFull":"reject"},"jitter":0}"#,
        );
        posts.set_with("1", "1", r#"{"ttlSeconds":1}"#);
        posts.set("2", "2");
        let refused = posts.set_with("3", "3", "{}");
        let Outcome::Failed(error) = refused else { panic!("the quota is used up: {refused:?}") };
        assert_eq!(error.code(), ErrorCode::Quota);
        assert!(error.message().contains("2 entries of 2"), "{}", error.message());
        posts.set("2", "22");
        let grant = posts.granted("4");
        assert_eq!(posts.fill("4", &grant, "4"), FULL);
        assert_eq!(posts.take("4").lease, GRANTED, "the lease has gone");
        posts.of(Some("other")).set("3", "3");
        posts.of(Some("org")).advance(1000);
        posts.set("3", "3");
        assert_eq!(posts.keys(), ["2", "3"]);
        posts.delete("3");
        posts.set("5", "5");

        let mut none = Cache::open(posts.store, r#"{"name":"none","quota":{"maxEntries":0}}"#);
        assert!(matches!(none.set_with("1", "1", "{}"), Outcome::Failed(error) if error.code() == ErrorCode::Quota));
    }

    a_namespace_is_a_part_of_its_cache(store) {
        let mut users = Cache::open(store, USERS);
        let cache = users.number;
        users.set("1", "\"outer\"");
        let mut inner = Cache::open(users.store, r#"{"name":"users","namespaces":["n"]}"#);
        let namespace = inner.number;
        assert_eq!(inner.get("1"), Got::Nothing);
        inner.set("1", "\"inner\"");
        inner.set("2", "\"inner\"");
        assert_eq!(inner.keys(), ["1", "2"]);
        let grant = inner.granted("3");
        assert_eq!(inner.clear(), 2);
        assert_eq!(inner.fill("3", &grant, "3"), LOST);
        assert_eq!(inner.get("1"), Got::Nothing);
        inner.set("1", "\"again\"");
        inner.number = cache;
        assert_eq!((inner.get("1"), inner.keys()), (plain("\"outer\""), vec!["1".to_owned()]));
        assert_eq!(inner.clear(), 2);
        inner.number = namespace;
        assert_eq!(inner.get("1"), Got::Nothing);
    }

    a_clearing_takes_all_and_later_writes_stay(store) {
        let mut users = Cache::open(store, USERS);
        for number in 0..1500 {
            users.set(&number.to_string(), "1");
        }
        assert_eq!(users.keys().len(), 1500);
        users.of(Some("other")).set("1", "1");
        assert_eq!(users.of(Some("org")).clear(), 1500);
        assert_eq!((users.keys(), users.clear()), (Vec::new(), 0));
        users.set("7", "7");
        assert_eq!(users.get("7"), plain("7"));
        assert!(users.of(Some("other")).has("1"));
    }

    a_guarded_change_keeps_factories_from_storing(store) {
        let mut users = Cache::open(store, USERS);
        let tagged = r#"{"tags":["t"]}"#;
        users.set("1", "\"old\"");
        users.set_with("2", "\"old\"", tagged);
        let before = users.granted("3");
        let token = users.begin(&["t"], &["1", "3"]);
        assert_eq!((users.get("1"), users.get("2")), (Got::Nothing, plain("\"old\"")));
        let taken = users.take("1");
        assert_eq!((taken.lease, taken.payload), (MUTATING, None));
        assert_eq!(users.take_with("1", "", 1, "{}").lease, MUTATING, "refresh does not take a guard");
        assert_eq!(users.fill("3", &before, "\"old\""), LOST);
        let during = users.take_with("4", "", 0, tagged).grant;
        users.set("1", "\"set\"");
        assert_eq!(users.get("1"), plain("\"set\""));
        assert_eq!(users.take_with("1", "", 1, "{}").lease, MUTATING, "a set leaves the guard");
        assert_eq!(users.mutate(1, &token, &["t"], &["1", "3"]), Outcome::Boolean(true));
        assert_eq!(users.get("1"), plain("\"set\""));
        assert_eq!(users.mutate(2, &token, &["t"], &["1", "3"]), Outcome::Boolean(true));
        assert_eq!([users.get("1"), users.get("2")], [Got::Nothing, Got::Nothing]);
        users.fill_with("4", &during, "\"old\"", tagged);
        assert_eq!(users.get("4"), Got::Nothing, "its tag has changed since");
        let grant = users.granted("1");
        assert_eq!(users.fill("1", &grant, "\"new\""), KEPT);
    }

    a_set_in_a_guarded_change_is_fresh_whatever_its_grace(store) {
        let mut users = Cache::open(store, GRACIOUS);
        users.begin(&[], &["1"]);
        users.set("1", "\"set\"");
        let seen = users.take("1");
        assert_eq!((users.get("1"), seen.lease), (plain("\"set\""), THERE));
    }

    changes_of_one_key_do_not_end_one_another(store) {
        let mut users = Cache::open(store, USERS);
        let (first, second) = (users.begin(&["t"], &["1"]), users.begin(&["t"], &["1"]));
        assert_eq!(users.mutate(2, &first, &["t"], &["1"]), Outcome::Boolean(true));
        assert_eq!(users.take("1").lease, MUTATING);
        assert_eq!(users.mutate(2, &second, &["t"], &["1"]), Outcome::Boolean(true));
        assert_eq!(users.take("1").lease, GRANTED);
    }

    another_serializer_keeps_bytes(store) {
        let mut blobs = Cache::open(store, r#"{"name":"blobs","serializer":"v8"}"#);
        let bytes = [0xff, 0x0f, 0, 1, 2, 200];
        let set = blobs.call("entrySet", 0, &[Text("1"), super::caller::Bytes(&bytes)]);
        assert_eq!(set, Outcome::Boolean(true));
        assert_eq!(blobs.call("entryGet", 0, &[Text("1")]), Outcome::Bytes(bytes.to_vec().into()));
    }
}
