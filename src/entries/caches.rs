//! The caches of one client, by number; all nodes of a cluster share them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::options::CacheOptions;
use crate::error::{Error, ErrorCode, Result};

/// One in so many writes of a cache trims the index it wrote to. Each trimming takes up to twice as many entries, so they
/// go faster than they come.
const TRIM_EVERY: u64 = 32;
/// A script costs the server as much as some GETs. So it replaces the GET only where of the last 32 reads that went to Redis
/// so many found nothing.
const VAIN_READS: u32 = 28;

/// The caches that a client has opened.
#[derive(Debug, Default)]
pub struct Caches {
    /// `None` is one that was closed.
    open: RwLock<Vec<Option<Arc<Cache>>>>,
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
}

impl Caches {
    /// The options in force, and the cache's number.
    ///
    /// # Errors
    /// `E_CONFIG` where an option is not allowed, or a cache of this name has another serializer.
    pub fn open(&self, json: &str) -> Result<Value> {
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
        let has_whole = options.call.grace_ms > 0 || !options.call.tags.is_empty();
        open.push(Some(Arc::new(Cache {
            options,
            reads_whole: AtomicBool::new(has_whole),
            stores: AtomicU64::new(0),
            vain: AtomicU32::new(0),
        })));
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
        let options = CacheOptions::nameless();
        Arc::new(Cache {
            options,
            reads_whole: AtomicBool::new(false),
            stores: AtomicU64::new(0),
            vain: AtomicU32::new(0),
        })
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
    fn caches_of_one_name_have_one_serializer() {
        let caches = Caches::default();
        assert_eq!(caches.open(r#"{"name":"a","ttlSeconds":1}"#).unwrap()["cache"], 0);
        assert_eq!(caches.open(r#"{"name":"a","ttlSeconds":2}"#).unwrap()["cache"], 1);
        let refused = caches.open(r#"{"name":"a","serializer":"v8"}"#).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Config);
        assert!(caches.open(r#"{"name":"a","namespaces":["b"],"serializer":"v8"}"#).is_ok());
        assert_eq!(caches.get(1).unwrap().options.call.ttl_ms, 2000);
        (0..2).for_each(|number| caches.close(number));
        assert_eq!(caches.get(1).unwrap_err().code(), ErrorCode::Closed);
        assert!(caches.open(r#"{"name":"a","serializer":"v8"}"#).is_ok());
    }
}
