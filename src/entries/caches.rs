//! The caches of one client, by number; all nodes of a cluster share them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::options::{CacheOptions, CallOptions};
use super::waits::Waits;
use crate::copies::{Copies, NearFirst, TAGS, group_of_cache};
use crate::error::{Error, ErrorCode, Result};
use crate::near::Group;

/// One in so many writes of a cache trims the index it wrote to. Each trimming takes up to twice as many entries, so they
/// go faster than they come.
const TRIM_EVERY: u64 = 32;
/// A script costs the server as much as some GETs. So it replaces the GET only where of the last 32 reads that went to Redis
/// so many found nothing.
const VAIN_READS: u32 = 28;

/// Different options of calls that are kept. Most applications have a few.
const KEPT_OPTIONS: usize = 1000;

/// The caches that a client has opened.
#[derive(Debug, Default)]
pub struct Caches {
    /// `None` is one that was closed.
    open: RwLock<Vec<Option<Arc<Cache>>>>,
    /// Who waits for a lease.
    pub waits: Waits,
}

/// One cache, or one namespace of a cache.
#[derive(Debug)]
pub struct Cache {
    pub options: CacheOptions,
    /// Whether reads ask for lifetime and tags at once: its entries have some.
    reads_whole: AtomicBool,
    stores: AtomicU64,
    /// What the last reads found: a bit each, set where it was nothing.
    vain: AtomicU32,
    /// `None` where its entries get no copies.
    pub groups: Option<Groups>,
    /// Options of calls by their text.
    // Held for a look or an insertion.
    of_calls: RwLock<HashMap<Box<str>, Arc<CallOptions>>>,
    /// Those of a call that names none.
    own_options: Arc<CallOptions>,
}

/// The groups of copies in the near store.
#[derive(Debug, Clone, Copy)]
pub struct Groups {
    pub entries: Group,
    pub tags: Group,
}

impl Caches {
    /// The options in force, and the cache's number.
    ///
    /// # Errors
    /// `E_CONFIG` where an option is not allowed, or a cache of this name has another serializer.
    pub fn open(&self, json: &str, copies: Option<&Copies>) -> Result<Value> {
        let options = CacheOptions::from_json(json)?;
        let mut described = options.describe();
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let differs = |cache: &&Arc<Cache>| {
            let is_same =
                cache.options.name == options.name && cache.options.namespaces == options.namespaces;
            is_same && cache.options.serializer != options.serializer
        };
        if open.iter().flatten().any(|cache| differs(&cache)) {
            return Err(Error::new(
                ErrorCode::Config,
                format!("the cache {:?} is open with another serializer; give both the same", options.name),
            ));
        }
        described["cache"] = open.len().into();
        let groups = copies.and_then(|copies| groups_of(&options, copies));
        described["nearPlace"] =
            groups.map_or(Value::Null, |groups| json!(NearFirst::of_cache(groups.entries)));
        open.push(Some(Arc::new(Cache::new(options, groups))));
        Ok(described)
    }

    /// The names of all that are open.
    pub fn names(&self) -> Vec<String> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().flatten().map(|cache| cache.options.name.to_string()).collect()
    }

    /// Whether one is open.
    pub fn is_any(&self) -> bool {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().any(Option::is_some)
    }

    /// What is under way goes on.
    pub fn close(&self, number: usize) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = open.get_mut(number) {
            *cache = None;
        }
    }

    /// # Errors
    /// `E_CLOSED` where the cache was closed.
    pub fn get(&self, number: usize) -> Result<Arc<Cache>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let cache = open.get(number).and_then(Option::as_ref);
        cache.cloned().ok_or_else(|| Error::new(ErrorCode::Closed, "the cache was closed"))
    }
}

impl Cache {
    /// What a clearing that the journal has sent belongs to.
    pub fn nameless() -> Arc<Cache> {
        Arc::new(Cache::new(CacheOptions::nameless(), None))
    }

    fn new(options: CacheOptions, groups: Option<Groups>) -> Cache {
        let has_whole = options.call.grace_ms > 0 || !options.call.tags.is_empty();
        Cache {
            own_options: Arc::new(options.call.clone()),
            options,
            reads_whole: AtomicBool::new(has_whole),
            stores: AtomicU64::new(0),
            vain: AtomicU32::new(0),
            groups,
            of_calls: RwLock::default(),
        }
    }

    /// What counts for a call with these options.
    ///
    /// # Errors
    /// `E_CONFIG`, `E_TAG`.
    pub fn call_options(&self, given: Option<&str>) -> Result<Arc<CallOptions>> {
        let Some(text) = given else { return Ok(self.own_options.clone()) };
        let known = self.of_calls.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let options = Arc::new(self.options.call.with(text)?);
        // What a factory has set of its own is of one value.
        if options.meta.is_empty() {
            let mut of_calls = self.of_calls.write().unwrap_or_else(PoisonError::into_inner);
            if of_calls.len() >= KEPT_OPTIONS {
                of_calls.clear();
            }
            of_calls.insert(text.into(), options.clone());
        }
        Ok(options)
    }

    /// Whether a read asks for lifetime and tags at once.
    pub fn reads_whole(&self) -> bool {
        self.reads_whole.load(Ordering::Relaxed)
    }

    /// An entry had a grace or tags.
    pub fn read_whole_from_now_on(&self) {
        self.reads_whole.store(true, Ordering::Relaxed);
    }

    /// A read of Redis found something, or nothing.
    pub fn has_read(&self, is_found: bool) {
        let vain = self.vain.load(Ordering::Relaxed);
        self.vain.store(vain << 1 | u32::from(!is_found), Ordering::Relaxed);
    }

    /// Whether nearly all reads find nothing.
    pub fn reads_in_vain(&self) -> bool {
        self.vain.load(Ordering::Relaxed).count_ones() >= VAIN_READS
    }

    /// Whether the write that is made now trims its index.
    pub fn trims_now(&self) -> bool {
        self.stores.fetch_add(1, Ordering::Relaxed) % TRIM_EVERY == TRIM_EVERY - 1
    }
}

/// Caches of one name share a group. If they limit the lifetime of copies differently, the shorter one counts.
fn groups_of(options: &CacheOptions, copies: &Copies) -> Option<Groups> {
    let near = options.near?;
    let store = copies.store();
    let groups = Groups { entries: store.group(&group_of_cache(&options.name)), tags: store.group(TAGS) };
    store.limit_lifetime(groups.entries, Duration::from_millis(near.max_ttl_ms));
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_reads_in_vain_while_nearly_all_reads_find_nothing() {
        let cache = Cache::nameless();
        (0..27).for_each(|_| cache.has_read(false));
        assert!(!cache.reads_in_vain());
        cache.has_read(false);
        assert!(cache.reads_in_vain());
        (0..8).for_each(|_| cache.has_read(true));
        assert!(!cache.reads_in_vain());
    }

    #[test]
    fn options_of_calls_are_read_once() {
        let caches = Caches::default();
        caches.open(r#"{"name":"a","ttlSeconds":1}"#, None).unwrap();
        let cache = caches.get(0).unwrap();
        let first = cache.call_options(Some(r#"{"ttlSeconds":5}"#)).unwrap();
        assert_eq!((first.ttl_ms, cache.call_options(None).unwrap().ttl_ms), (5_000, 1_000));
        assert!(Arc::ptr_eq(&first, &cache.call_options(Some(r#"{"ttlSeconds":5}"#)).unwrap()));
        let mut texts = (0..2 * KEPT_OPTIONS).map(|ms| format!("{{\"ttlSeconds\":{}}}", ms + 1));
        assert!(texts.all(|text| cache.call_options(Some(&text)).is_ok()));
        assert!(cache.of_calls.read().unwrap().len() <= KEPT_OPTIONS);
        let refused = cache.call_options(Some(r#"{"ttlSeconds":0}"#)).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Config);
    }

    #[test]
    fn caches_of_one_name_have_one_serializer() {
        let caches = Caches::default();
        assert_eq!(caches.open(r#"{"name":"a","ttlSeconds":1}"#, None).unwrap()["cache"], 0);
        assert_eq!(caches.open(r#"{"name":"a","ttlSeconds":2}"#, None).unwrap()["cache"], 1);
        let refused = caches.open(r#"{"name":"a","serializer":"v8"}"#, None).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Config);
        assert!(caches.open(r#"{"name":"a","namespaces":["b"],"serializer":"v8"}"#, None).is_ok());
        assert_eq!(caches.get(1).unwrap().options.call.ttl_ms, 2000);
        (0..2).for_each(|number| caches.close(number));
        assert_eq!(caches.get(1).unwrap_err().code(), ErrorCode::Closed);
        assert!(caches.open(r#"{"name":"a","serializer":"v8"}"#, None).is_ok());
    }
}
