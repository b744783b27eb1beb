//! What the journal's entries take in memory.
//!
//! Promises: a figure that is not below what a 64-bit glibc takes for the same allocations. Relies
//! on nothing. Never looks at an entry: it is given lengths.

use std::time::Instant;

/// glibc puts eight bytes in front of an allocation and rounds to sixteen.
const HEADER_BYTES: usize = 8;
const GRANULE_BYTES: usize = 16;
/// Two granules are the least that glibc hands out.
const SMALLEST_BYTES: usize = 32;
/// From here glibc may map whole pages for one allocation.
const MAPPED_FROM_BYTES: usize = 128 * 1024;
const PAGE_BYTES: usize = 4096;

/// The strong and the weak count in front of the bytes of an `Arc<[u8]>`.
const REFERENCE_COUNTS_BYTES: usize = 16;
/// A pointer and a length.
const SLICE_BYTES: usize = 16;

/// A node of the standard library's B-tree has eleven slots, of which splitting leaves five used.
const NODE_SLOTS: usize = 11;
const NODE_USED_SLOTS: usize = 5;
/// What a node holds besides its slots: parent, position, length. One node in six also has twelve
/// children, which makes sixteen more for each.
const NODE_HEAD_BYTES: usize = 32;

/// Memory that `length` bytes take as an allocation of their own.
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

/// A hash table is full at seven eighths of its slots, and `shrink` lets it be a third full at least:
/// 24 sevenths of a slot for an element at most; each slot has one control byte.
const fn table_share(slot_bytes: usize) -> usize {
    ((slot_bytes + 1) * 24).div_ceil(7)
}

/// A B-tree with this many elements.
const fn tree(slot_bytes: usize, length: usize) -> usize {
    length.div_ceil(NODE_USED_SLOTS) * allocation(NODE_SLOTS * slot_bytes + NODE_HEAD_BYTES)
}

/// One element of a large B-tree.
const fn tree_share(slot_bytes: usize) -> usize {
    allocation(NODE_SLOTS * slot_bytes + NODE_HEAD_BYTES).div_ceil(NODE_USED_SLOTS)
}

/// An entry without its content: the shared key, the entry itself, its slot in the map, its place
/// in the order and among the deadlines, and room for all the digests that it may come to hold.
/// Reserving those means that learning of an older value never fails for want of room.
pub(super) const fn entry(key_length: usize, entry_bytes: usize, digests_bytes: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + key_length)
        + allocation(entry_bytes)
        + allocation(digests_bytes)
        + table_share(SLICE_BYTES + size_of::<usize>())
        + tree_share(size_of::<u64>() + SLICE_BYTES)
        + tree_share(size_of::<(Instant, u64)>())
}

/// The bytes of one field: its name, kept once with the value and once with its sequence.
pub(super) const fn field(name_length: usize, value_length: usize) -> usize {
    2 * allocation(name_length) + allocation(value_length)
}

/// The two trees of a hash with this many fields.
pub(super) const fn fields(length: usize) -> usize {
    tree(2 * SLICE_BYTES, length) + tree(SLICE_BYTES + size_of::<u64>(), length)
}

/// An organization's name and row without its members.
pub(super) const fn organization(name_length: usize, row_bytes: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + name_length) + table_share(SLICE_BYTES + row_bytes)
}

/// The members of one organization.
pub(super) const fn members(length: usize) -> usize {
    tree(SLICE_BYTES, length)
}

/// A clear: the name of the index, the organization's, the row and its place in the order.
pub(super) const fn clear(index_length: usize, organization_length: usize, row_bytes: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + index_length)
        + allocation(organization_length)
        + table_share(SLICE_BYTES + row_bytes)
        + tree_share(size_of::<u64>() + SLICE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_is_counted_as_glibc_rounds_it() {
        assert_eq!(allocation(0), 0);
        assert_eq!(allocation(1), 32);
        assert_eq!(allocation(25), 48);
        assert_eq!(allocation(1000), 1008);
        assert_eq!(allocation(200_000), 200_704);
    }

    #[test]
    fn a_cost_is_never_below_the_bytes_it_is_for() {
        for length in 0..5000 {
            assert!(entry(length, 200, 160) > length + 360);
            assert!(field(length, length) >= 3 * length);
            assert!(fields(length) >= length * 56);
            assert!(members(length) >= length * 16);
        }
    }
}
