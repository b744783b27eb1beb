//! The list of operations, and which of them a request is.

/// Gives the name of each operation to a macro. The name stands for the operation's type and for its kind.
macro_rules! for_each_operation {
    ($make:ident) => {
        $make! { Get Set SetIndexed SetPair Delete HashGet HashSet HashDelete HashEntries }
    };
}
pub(super) use for_each_operation;

macro_rules! kinds {
    ($($name:ident)+) => {
        /// Which operation a request is, small enough to travel with it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum OperationKind {
            $($name,)+
        }
    };
}

for_each_operation!(kinds);
