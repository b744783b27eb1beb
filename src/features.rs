//! The list of rooms whose calls come out of JavaScript, and whose requests share connections.
//!
//! Promises: a room that is named in the list below has its calls routed and its requests carried, and hears of replies and
//! losses of its own alone. Relies on each room for what its calls mean (`redis::Feature`). Never looks into a call.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use crate::cache::{Core, SlotOwners};
use crate::config::{Config, Endpoint};
use crate::error::{Error, Result};
use crate::lane::{Frame, Requests};
use crate::redis::{
    CallOf, Feature, FollowUp, Followed, Node, Outcome, PendingRequest, Redirection, Role, Route, Wrapped,
};

/// One call of a caller: a raw command, or a call of a room.
pub type Call<'a> = CallOf<'a, Features>;

/// Makes one feature of several: `Name: field, Type;` for each room, in the order in which a new connection is theirs.
macro_rules! rooms {
    ($($name:ident: $field:ident, $room:ty;)+) => {
        /// The rooms of one client, or of one node of a cluster.
        pub struct Features {
            node: Arc<Node>,
            $($field: Arc<$room>,)+
        }

        /// A call of one of the rooms.
        #[derive(Debug)]
        pub enum RoomCall<'a> {
            $($name(<$room as Feature>::Call<'a>),)+
        }

        /// What travels with a request of one of the rooms.
        #[derive(Debug)]
        pub enum RoomTicket {
            $($name(<$room as Feature>::Ticket),)+
        }

        /// Buffers that calls share.
        #[derive(Debug, Default)]
        pub struct Scratch {
            $(pub $field: <$room as Feature>::Scratch,)+
        }

        impl Feature for Features {
            type Call<'a> = RoomCall<'a>;
            type Ticket = RoomTicket;
            type Scratch = Scratch;

            fn node(&self) -> &Node {
                &self.node
            }

            fn prepare(
                &self,
                call: &RoomCall<'_>,
                slot: u32,
                now: Instant,
                out: &mut impl Requests<PendingRequest<RoomTicket>>,
                scratch: &mut Scratch,
            ) -> Option<Outcome<'static>> {
                match call {
                    $(RoomCall::$name(call) => {
                        let out = &mut Wrapped { requests: out, wrap: RoomTicket::$name };
                        self.$field.prepare(call, slot, now, out, &mut scratch.$field)
                    })+
                }
            }

            fn route<'s>(&self, call: &RoomCall<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
                match call {
                    $(RoomCall::$name(call) => self.$field.route(call, &mut scratch.$field),)+
                }
            }

            fn parts<'a>(call: &RoomCall<'a>) -> Option<[RoomCall<'a>; 2]>
            where
                'a: 'a,
            {
                match call {
                    $(RoomCall::$name(call) => {
                        <$room as Feature>::parts(call).map(|parts| parts.map(RoomCall::$name))
                    })+
                }
            }

            fn without_room(
                &self,
                call: &RoomCall<'_>,
                error: &Error,
                scratch: &mut Scratch,
                now: Instant,
            ) -> Outcome<'static> {
                match call {
                    $(RoomCall::$name(call) => {
                        self.$field.without_room(call, error, &mut scratch.$field, now)
                    })+
                }
            }

            fn is_expected(ticket: &RoomTicket, frame: Frame<'_>) -> bool {
                match ticket {
                    $(RoomTicket::$name(ticket) => <$room as Feature>::is_expected(ticket, frame),)+
                }
            }

            fn error_in(ticket: &RoomTicket, frame: Frame<'_>) -> Option<String> {
                match ticket {
                    $(RoomTicket::$name(ticket) => <$room as Feature>::error_in(ticket, frame),)+
                }
            }

            fn follows(
                &self,
                pending: PendingRequest<RoomTicket>,
                to: &Redirection,
                request: &[u8],
            ) -> (PendingRequest<RoomTicket>, Followed) {
                let (bare, ticket) = pending.split();
                match ticket {
                    $(RoomTicket::$name(ticket) => {
                        let (pending, followed) = self.$field.follows(bare.with(ticket), to, request);
                        let (bare, ticket) = pending.split();
                        (bare.with(RoomTicket::$name(ticket)), followed)
                    })+
                }
            }

            fn replied<'a>(
                &self,
                pending: PendingRequest<RoomTicket>,
                frame: Frame<'a>,
                request: &[u8],
                now: Instant,
                follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<RoomTicket>>>,
            ) -> Option<Outcome<'a>> {
                let (bare, ticket) = pending.split();
                match ticket {
                    $(RoomTicket::$name(ticket) => {
                        let mut follow_up = follow_up.of_room(RoomTicket::$name);
                        self.$field.replied(bare.with(ticket), frame, request, now, &mut follow_up)
                    })+
                }
            }

            fn refused(
                &self,
                pending: PendingRequest<RoomTicket>,
                error: Error,
                request: &[u8],
                now: Instant,
                follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<RoomTicket>>>,
            ) -> Option<Outcome<'static>> {
                let (bare, ticket) = pending.split();
                match ticket {
                    $(RoomTicket::$name(ticket) => {
                        let mut follow_up = follow_up.of_room(RoomTicket::$name);
                        self.$field.refused(bare.with(ticket), error, request, now, &mut follow_up)
                    })+
                }
            }

            fn lost(
                &self,
                pending: PendingRequest<RoomTicket>,
                request: &[u8],
                error: &Error,
                is_in_doubt: bool,
                now: Instant,
            ) -> Option<Outcome<'static>> {
                let (bare, ticket) = pending.split();
                match ticket {
                    $(RoomTicket::$name(ticket) => {
                        self.$field.lost(bare.with(ticket), request, error, is_in_doubt, now)
                    })+
                }
            }

            fn connected(
                &self,
                is_fenced: bool,
                now: Instant,
                out: &mut impl Requests<PendingRequest<RoomTicket>>,
            ) -> bool {
                let mut is_behind = false;
                $({
                    let out = &mut Wrapped { requests: &mut *out, wrap: RoomTicket::$name };
                    is_behind |= self.$field.connected(is_fenced, now, out);
                })+
                is_behind
            }

            fn fence_passed(&self, now: Instant, out: &mut impl Requests<PendingRequest<RoomTicket>>) {
                $(self.$field.fence_passed(now, &mut Wrapped { requests: &mut *out, wrap: RoomTicket::$name });)+
            }

            fn due(&self) -> Option<Instant> {
                [$(self.$field.due()),+].into_iter().flatten().min()
            }

            fn on_time(&self, now: Instant, out: &mut impl Requests<PendingRequest<RoomTicket>>) {
                $(self.$field.on_time(now, &mut Wrapped { requests: &mut *out, wrap: RoomTicket::$name });)+
            }

            fn wants_turn(&self) -> bool {
                [$(self.$field.wants_turn()),+].contains(&true)
            }

            fn take_turn(&self, now: Instant, out: &mut impl Requests<PendingRequest<RoomTicket>>) {
                $(self.$field.take_turn(now, &mut Wrapped { requests: &mut *out, wrap: RoomTicket::$name });)+
            }
        }
    };
}

rooms! {
    Cache: cache, Core;
}

impl Features {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(config: Config, role: Role) -> Result<Features> {
        Ok(Features::over(Core::new(Node::new(config, role))?))
    }

    /// The rooms of one node of a cluster. `share` is how many nodes divide memory and journal among them.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_node(
        &self,
        at: watch::Receiver<Endpoint>,
        share: usize,
        slot_owners: Arc<SlotOwners>,
    ) -> Result<Features> {
        Ok(Features::over(self.cache.of_node(at, share, slot_owners)?))
    }

    /// Rooms that only read, from a replica; what it does not answer its primary does.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_replica(&self, at: watch::Receiver<Endpoint>) -> Result<Features> {
        Ok(Features::over(self.cache.of_replica(at)?))
    }

    /// All rooms use the cache's node, which it has made ready to wait for its journal.
    fn over(cache: Core) -> Features {
        Features { node: cache.node().clone(), cache: Arc::new(cache) }
    }

    pub fn cache(&self) -> &Arc<Core> {
        &self.cache
    }

    pub fn config(&self) -> &Config {
        self.node.config()
    }
}
