//! The memory that an entry takes beyond its own bytes.
//!
//! Promises: a figure not below the memory that a 64-bit glibc takes for the same allocations. Other
//! allocators round differently, by less than a tenth for values of a few hundred bytes. Relies on nothing.
//! Never looks at an entry: it gets lengths.

/// glibc puts eight bytes in front of an allocation and rounds up to sixteen.
const HEADER_BYTES: usize = 8;
const GRANULE_BYTES: usize = 16;
/// The smallest allocation of glibc is two granules.
const SMALLEST_BYTES: usize = 32;
/// From this size glibc may map whole pages for one allocation.
const MAPPED_FROM_BYTES: usize = 128 * 1024;
const PAGE_BYTES: usize = 4096;

/// A hash table doubles when it is seven eighths full. Right after that it has sixteen sevenths of a bucket
/// for every element. Each bucket has one control byte.
const fn table_share(slot_bytes: usize) -> usize {
    ((slot_bytes + 1) * 16).div_ceil(7)
}

/// The strong and the weak count in front of the bytes of an `Arc<[u8]>`.
const REFERENCE_COUNTS_BYTES: usize = 16;
/// The list node that `lru` allocates: the key's fat pointer, the index, two links.
const NODE_BYTES: usize = 16 + 8 + 16;
/// The map of `lru` holds a pointer to the key and one to the node.
const NODE_SLOT_BYTES: usize = 16;
/// An entry's place in its organization's list; a growing `Vec` has up to twice its length.
const MEMBER_BYTES: usize = 2 * 8;

/// Memory of an allocation of `length` bytes.
pub(super) const fn allocation(length: usize) -> usize {
    if length == 0 {
        return 0;
    }
    if length >= MAPPED_FROM_BYTES {
        return (length + 2 * HEADER_BYTES).next_multiple_of(PAGE_BYTES);
    }
    let rounded = (length + HEADER_BYTES).next_multiple_of(GRANULE_BYTES);
    if rounded < SMALLEST_BYTES { SMALLEST_BYTES } else { rounded }
}

/// Memory of one live entry without its data: the shared key, the node, the organization's list.
pub(super) const fn live_entry(key_length: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + key_length) + allocation(NODE_BYTES) + MEMBER_BYTES
}

/// Memory of one place in the tables, with or without an entry: tables do not shrink when entries are
/// removed.
pub(super) const fn place(entry_size: usize) -> usize {
    entry_size + size_of::<usize>() + table_share(NODE_SLOT_BYTES)
}

/// Memory of one field of a hash with its value.
pub(super) const fn field(field_length: usize, value_length: usize) -> usize {
    const FIELD_SLOT_BYTES: usize = 2 * 16;
    allocation(field_length) + allocation(value_length) + table_share(FIELD_SLOT_BYTES)
}

/// Memory of one organization: its name, its row and its bucket in the map of names.
pub(super) const fn organization(name_length: usize, row_size: usize) -> usize {
    const NAME_SLOT_BYTES: usize = 16 + 8;
    allocation(REFERENCE_COUNTS_BYTES + name_length)
        + 2 * row_size
        + size_of::<usize>()
        + table_share(NAME_SLOT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_is_counted_as_glibc_rounds_it() {
        assert_eq!(allocation(0), 0);
        assert_eq!(allocation(1), 32);
        assert_eq!(allocation(24), 32);
        assert_eq!(allocation(25), 48);
        assert_eq!(allocation(1000), 1008);
        assert_eq!(allocation(200_000), 200_704);
    }

    #[test]
    fn a_cost_is_never_below_the_bytes_it_is_for() {
        for length in 0..5000 {
            assert!(allocation(length) >= length);
            assert!(live_entry(length) > length);
            assert!(field(length, length) > 2 * length);
        }
    }
}
