//! Checks among the arguments of a call: a number in front of each says which parts follow it.

use super::identity::Kind;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{CallArguments, misuse};

/// Bits of a check's word, and their names for JavaScript.
pub(super) const BEGINS: u64 = 1;
pub(super) const HAS_ORGANIZATION: u64 = 2;
pub(super) const HAS_COST: u64 = 4;
const KIND_SHIFT: u32 = 3;
const KIND_MASK: u64 = 3;
/// The check may take what a policy keeps for critical ones.
pub(super) const IS_CRITICAL: u64 = 32;
const POLICY_SHIFT: u32 = 6;
/// What a policy's number is multiplied by in a check's word.
pub(super) const POLICY_UNIT: u64 = 1 << POLICY_SHIFT;
/// The kinds that need no argument; that of `named` is one.
pub(super) const KINDS: [(&str, u64); 4] =
    [("user", 0), ("ip", 1 << KIND_SHIFT), ("organization", 2 << KIND_SHIFT), ("named", 3 << KIND_SHIFT)];

/// One check of a call. Its parts are as the caller gave them.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    pub policy: usize,
    /// Whether it is the first of its call.
    pub begins: bool,
    pub is_critical: bool,
    arguments: &'a CallArguments,
    kind: u64,
    id: usize,
    kind_name: usize,
    organization: Option<usize>,
    cost: Option<usize>,
}

impl<'a> Check<'a> {
    /// # Errors
    /// `E_KEY`: it is missing.
    pub fn kind(&self) -> Result<Kind<'a>> {
        Ok(match self.kind {
            0 => Kind::User,
            1 => Kind::Address,
            2 => Kind::Organization,
            _ => Kind::Named(self.arguments.required(self.kind_name, "the kind of a check")?),
        })
    }

    /// # Errors
    /// `E_KEY`: it is missing, or no well-formed text.
    pub fn id(&self) -> Result<&'a str> {
        self.arguments.required(self.id, "the id of a check")
    }

    /// # Errors
    /// `E_KEY`: it is said to be there and is not, or is no well-formed text.
    pub fn organization(&self) -> Result<Option<&'a str>> {
        let Some(position) = self.organization else { return Ok(None) };
        let name = self.arguments.required(position, "the organization of a check")?;
        Ok(Some(name).filter(|name| !name.is_empty()))
    }

    /// # Errors
    /// `E_KEY`: it is no whole number from 0 on.
    pub fn cost(&self) -> Result<u64> {
        let Some(position) = self.cost else { return Ok(1) };
        match self.arguments.number(position) {
            // Above, neighbours of whole numbers are lost.
            Some(cost) if cost.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&cost) => {
                Ok(cost as u64)
            }
            _ => Err(Error::new(
                ErrorCode::Key,
                "the cost of a check is not allowed; give an integer from 0 on",
            )),
        }
    }
}

/// The checks of a call, which know where they stand among its arguments.
#[derive(Debug, Clone)]
pub struct Checks<'a> {
    arguments: &'a CallArguments,
    next: usize,
}

impl<'a> Iterator for Checks<'a> {
    type Item = Check<'a>;

    fn next(&mut self) -> Option<Check<'a>> {
        let word = Word::at(self.arguments, self.next)?;
        let check = word.check(self.arguments, self.next);
        self.next += word.width();
        Some(check)
    }
}

impl<'a> Checks<'a> {
    /// The checks from `first` on, to the end of the arguments.
    pub fn new(arguments: &'a CallArguments, first: usize) -> Checks<'a> {
        Checks { arguments, next: first }
    }

    /// There are no more: each has two arguments at least.
    pub fn most(&self) -> usize {
        self.arguments.count().saturating_sub(self.next) / 2
    }
}

/// The number in front of a check's parts.
#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    fn at(arguments: &CallArguments, position: usize) -> Option<Word> {
        arguments.number(position).map(|word| Word(word as u64))
    }

    fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    fn kind(self) -> u64 {
        self.0 >> KIND_SHIFT & KIND_MASK
    }

    fn names_kind(self) -> bool {
        self.kind() == KIND_MASK
    }

    /// Number of its texts: the id, and what else stands in front of the cost.
    fn texts(self) -> usize {
        1 + usize::from(self.names_kind()) + usize::from(self.has(HAS_ORGANIZATION))
    }

    fn width(self) -> usize {
        1 + self.texts() + usize::from(self.has(HAS_COST))
    }

    fn check(self, arguments: &CallArguments, position: usize) -> Check<'_> {
        let id = position + 1;
        let end = id + self.texts();
        Check {
            policy: (self.0 >> POLICY_SHIFT) as usize,
            begins: self.has(BEGINS),
            is_critical: self.has(IS_CRITICAL),
            arguments,
            kind: self.kind(),
            id,
            kind_name: id + 1,
            organization: self.has(HAS_ORGANIZATION).then(|| end - 1),
            cost: self.has(HAS_COST).then_some(end),
        }
    }
}

/// Turns the texts of all checks from `first` on into texts, where they were numbers. Answers how many checks there are.
pub(super) fn texts_of_checks(arguments: &mut CallArguments, first: usize) -> Result<usize> {
    let (mut at, mut checks) = (first, 0);
    while at < arguments.count() {
        let word = Word::at(arguments, at).ok_or_else(|| misuse("a check begins with no number"))?;
        if at + word.width() > arguments.count() {
            return Err(misuse("the arguments of a check are not as many as it says"));
        }
        for text in at + 1..at + 1 + word.texts() {
            // NaN and the infinities name nobody.
            if arguments.number(text).is_some_and(f64::is_finite) {
                arguments.numbers_to_text(text..text + 1);
            }
        }
        at += word.width();
        checks += 1;
    }
    Ok(checks)
}
