//! The memory that the journal's entries take.
//!
//! Promises: a figure not below the memory that a 64-bit glibc takes for the same allocations. Relies on
//! nothing. Never looks at an entry: it gets lengths.

use std::time::Instant;

/// glibc puts eight bytes in front of an allocation and rounds up to sixteen.
const HEADER_BYTES: usize = 8;
const GRANULE_BYTES: usize = 16;
/// The smallest allocation of glibc is two granules.
const SMALLEST_BYTES: usize = 32;
/// From this size glibc may map whole pages for one allocation.
const MAPPED_FROM_BYTES: usize = 128 * 1024;
const PAGE_BYTES: usize = 4096;

/// The strong and the weak count in front of the bytes of an `Arc<[u8]>`.
const REFERENCE_COUNTS_BYTES: usize = 16;
/// A pointer and a length.
const SLICE_BYTES: usize = 16;

/// A node of the standard library's B-tree has room for eleven elements. A split leaves five.
const NODE_SLOTS: usize = 11;
const NODE_USED_SLOTS: usize = 5;
/// Memory of a node besides its elements: parent, position, length. One node in six also has twelve children,
/// which adds sixteen bytes to each.
const NODE_HEAD_BYTES: usize = 32;

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

/// A hash table is full at seven eighths of its buckets, and `shrink` leaves it at least a third full. So an
/// element has at most 24 sevenths of a bucket. Each bucket has one control byte.
const fn table_share(slot_bytes: usize) -> usize {
    ((slot_bytes + 1) * 24).div_ceil(7)
}

/// Memory of a B-tree with this many elements.
const fn tree(slot_bytes: usize, length: usize) -> usize {
    length.div_ceil(NODE_USED_SLOTS) * allocation(NODE_SLOTS * slot_bytes + NODE_HEAD_BYTES)
}

/// The share of one element in a large B-tree.
const fn tree_share(slot_bytes: usize) -> usize {
    allocation(NODE_SLOTS * slot_bytes + NODE_HEAD_BYTES).div_ceil(NODE_USED_SLOTS)
}

/// Memory of an entry without its content: the shared key, the entry itself, its bucket in the map, its place
/// in the order and among the deadlines, and all digests that it may come to hold. Because the digests are
/// reserved, an older value can always be recorded.
pub(super) const fn entry(key_length: usize, entry_bytes: usize, digests_bytes: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + key_length)
        + allocation(entry_bytes)
        + allocation(digests_bytes)
        + table_share(SLICE_BYTES + size_of::<usize>())
        + tree_share(size_of::<u64>() + SLICE_BYTES)
        + tree_share(size_of::<(Instant, u64)>())
}

/// Memory of one field. Its name is kept with the value and again with its sequence.
pub(super) const fn field(name_length: usize, value_length: usize) -> usize {
    2 * allocation(name_length) + allocation(value_length)
}

/// Memory of the two trees of a hash with this many fields.
pub(super) const fn fields(length: usize) -> usize {
    tree(2 * SLICE_BYTES, length) + tree(SLICE_BYTES + size_of::<u64>(), length)
}

/// Memory of an organization's name and row without its members.
pub(super) const fn organization(name_length: usize, row_bytes: usize) -> usize {
    allocation(REFERENCE_COUNTS_BYTES + name_length) + table_share(SLICE_BYTES + row_bytes)
}

/// Memory of the members of one organization.
pub(super) const fn members(length: usize) -> usize {
    tree(SLICE_BYTES, length)
}

/// Memory of a clear: the name of the index, the organization's name, the row and its place in the order.
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
