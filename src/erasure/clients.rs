//! The clients of this process by the data that they use: each has memory and a journal of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::keeper::Keeper;

struct Member {
    number: u64,
    data: Arc<str>,
    keepers: Vec<Weak<dyn Keeper>>,
}

struct Members {
    last: u64,
    all: Vec<Member>,
}

static MEMBERS: Mutex<Members> = Mutex::new(Members { last: 0, all: Vec::new() });

/// An open client: while this lives, its parts are found by their data.
#[derive(Debug)]
#[must_use = "the client is not found any more when this is dropped"]
pub struct Membership(u64);

impl Membership {
    pub fn of(data: &Arc<str>, keepers: &[Arc<dyn Keeper>]) -> Membership {
        let mut members = members();
        members.last += 1;
        let number = members.last;
        let keepers = keepers.iter().map(Arc::downgrade).collect();
        members.all.push(Member { number, data: data.clone(), keepers });
        Membership(number)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        // Also a weak reference keeps memory.
        members().all.retain(|member| member.number != self.0);
    }
}

/// All parts of clients that use this data.
pub fn keepers_of(data: &str) -> Vec<Arc<dyn Keeper>> {
    let members = members();
    let of_data = members.all.iter().filter(|member| *member.data == *data);
    of_data.flat_map(|member| &member.keepers).filter_map(Weak::upgrade).collect()
}

fn members() -> MutexGuard<'static, Members> {
    // A panic while it was held leaves whole members.
    MEMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::keeper::{Commands, Mode, Place};
    use super::*;
    use crate::error::Result;

    struct Nobody;

    impl Keeper for Nobody {
        fn places(&self) -> Vec<Box<dyn Place + '_>> {
            Vec::new()
        }

        fn commands(&self, _: &str, _: Mode) -> Result<Commands> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_client_is_found_by_its_data_until_it_is_closed_and_leaves_nothing() {
        let data: [Arc<str>; 2] = ["data of this test".into(), "other data of this test".into()];
        let keepers: [Arc<dyn Keeper>; 2] = [Arc::new(Nobody), Arc::new(Nobody)];
        let one = Membership::of(&data[0], &keepers[..1]);
        let other = Membership::of(&data[0], &keepers[1..]);
        let _elsewhere = Membership::of(&data[1], &keepers[..1]);
        assert_eq!(keepers_of(&data[0]).len(), 2);
        drop(one);
        let left = keepers_of(&data[0]);
        assert!(left.len() == 1 && Arc::ptr_eq(&left[0], &keepers[1]));
        drop(other);
        assert!(keepers_of(&data[0]).is_empty() && keepers_of(&data[1]).len() == 1);
        assert_eq!(Arc::weak_count(&keepers[1]), 0);
    }
}
