//! One copy, and what must still hold when it answers.

use super::groups::Group;
use super::key::Hash;
use super::owners::Owner;
use super::sessions::{NodeId, Session};
use super::value::NearValue;

#[derive(Debug)]
pub struct Copied {
    pub value: NearValue,
    pub hash: Hash,
    /// The copy answers no more from this tick on.
    pub expires_at: u64,
    pub session: Session,
    /// The owner's counter of clearings before the fill.
    pub clearings: u32,
    pub owner: Owner,
    pub group: Group,
    pub node: NodeId,
    pub used: Used,
}

/// How a copy was used since its fill, in 6 bits: reads up to 3, which queue it is in, answers up to 4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used(u8);

const READS: u8 = 0b11;
const IS_MAIN: u8 = 0b100;
const ONE_ANSWER: u8 = 0b1000;
/// A copy that answers so often before its value changes has saved more than its fill and the message of the change cost.
const PAYING_ANSWERS: u8 = 4;

impl Used {
    pub fn answered(&mut self) {
        if self.0 & READS != READS {
            self.0 += 1;
        }
        if !self.has_paid() {
            self.0 += ONE_ANSWER;
        }
    }

    /// A reader keeps the value. How often it answers there is told later, if ever.
    pub fn was_kept(&mut self) {
        self.0 = (self.0 & (ONE_ANSWER - 1)) | (PAYING_ANSWERS * ONE_ANSWER);
    }

    pub fn has_answered(self) -> bool {
        self.0 >= ONE_ANSWER
    }

    /// Whether it has answered often enough to be worth its fill.
    pub fn has_paid(self) -> bool {
        self.0 >= PAYING_ANSWERS * ONE_ANSWER
    }

    /// Reads since the copy was looked at for eviction, as far as they are counted.
    pub fn reads(self) -> u8 {
        self.0 & READS
    }

    /// Forgets one read. False where there is none.
    pub fn take_read(&mut self) -> bool {
        let has_one = self.reads() > 0;
        self.0 -= u8::from(has_one);
        has_one
    }

    pub fn is_main(self) -> bool {
        self.0 & IS_MAIN != 0
    }

    /// The copy enters the main queue, where its reads are counted anew.
    pub fn enter_main(&mut self) {
        self.0 = self.0 & !READS | IS_MAIN;
    }
}
