//! Places for copies, linked into queues. A copy leaves the middle of its queue as cheaply as its end.

use super::copied::Copied;

/// No slot.
const NONE: u32 = u32::MAX;
/// Slots come in blocks, so that growing moves no copy.
const BLOCK: usize = 32;

#[derive(Debug)]
struct Slot {
    copied: Option<Copied>,
    /// Towards the newest copy of the queue.
    newer: u32,
    /// Towards the oldest copy of the queue; of a free slot, the next free one.
    older: u32,
}

// One cache line.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Slot>() == 64);

#[derive(Debug)]
pub struct Slots {
    blocks: Vec<Box<[Slot]>>,
    free: u32,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots { blocks: Vec::new(), free: NONE }
    }
}

impl Slots {
    fn slot(&self, index: u32) -> &Slot {
        &self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }

    fn slot_mut(&mut self, index: u32) -> &mut Slot {
        &mut self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }

    pub fn get(&self, index: u32) -> Option<&Copied> {
        self.slot(index).copied.as_ref()
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut Copied> {
        self.slot_mut(index).copied.as_mut()
    }

    pub fn add(&mut self, copied: Copied) -> u32 {
        if self.free == NONE {
            self.grow();
        }
        let index = self.free;
        self.free = self.slot(index).older;
        *self.slot_mut(index) = Slot { copied: Some(copied), newer: NONE, older: NONE };
        index
    }

    fn grow(&mut self) {
        let first = (self.blocks.len() * BLOCK) as u32;
        let last = first + BLOCK as u32 - 1;
        let free =
            |index| Slot { copied: None, newer: NONE, older: if index == last { NONE } else { index + 1 } };
        self.blocks.push((first..=last).map(free).collect());
        self.free = first;
    }

    /// Frees a slot that is in no queue.
    pub fn take(&mut self, index: u32) -> Option<Copied> {
        let free = self.free;
        let slot = self.slot_mut(index);
        slot.older = free;
        let copied = slot.copied.take();
        self.free = index;
        copied
    }

    pub fn capacity(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    /// Memory of the slots themselves.
    pub fn bytes(&self) -> usize {
        self.blocks.len() * (BLOCK * size_of::<Slot>() + 16)
            + self.blocks.capacity() * size_of::<Box<[Slot]>>()
    }
}

/// A queue of copies by age.
#[derive(Debug)]
pub struct Queue {
    newest: u32,
    oldest: u32,
    pub len: usize,
    /// Memory of the copies' keys and values.
    pub bytes: usize,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { newest: NONE, oldest: NONE, len: 0, bytes: 0 }
    }
}

impl Queue {
    pub fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    pub fn push(&mut self, slots: &mut Slots, index: u32) {
        let newest = self.newest;
        let slot = slots.slot_mut(index);
        (slot.newer, slot.older) = (NONE, newest);
        self.bytes += slot.copied.as_ref().map_or(0, |copied| copied.value.bytes());
        self.len += 1;
        match newest {
            NONE => self.oldest = index,
            newest => slots.slot_mut(newest).newer = index,
        }
        self.newest = index;
    }

    pub fn unlink(&mut self, slots: &mut Slots, index: u32) {
        let slot = slots.slot(index);
        let (newer, older) = (slot.newer, slot.older);
        self.bytes -= slot.copied.as_ref().map_or(0, |copied| copied.value.bytes());
        self.len -= 1;
        match newer {
            NONE => self.newest = older,
            newer => slots.slot_mut(newer).older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => slots.slot_mut(older).newer = newer,
        }
    }
}
