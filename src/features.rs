//! The list of rooms whose calls come out of JavaScript, and whose requests share connections.
//!
//! Promises: a room that is named in the list below has its calls routed and its requests carried, and gets the replies
//! and losses of its own requests, and no others. Relies on each room for what its calls mean (`redis::Feature`). Never looks into a call.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::cache::{Call as CacheCall, Core, Scratch as CacheScratch, SlotOwners};
use crate::config::{Config, Endpoint};
use crate::erasure::{self, Keeper};
use crate::error::{Error, Result};
use crate::health::Event;
use crate::lane::{Frame, Requests};
use crate::limiter::Limiters;
use crate::queue::Queues;
use crate::redis::{
    Asked, CallArguments, CallOf, FIRST_ROOM_VERB, Feature, FollowUp, Followed, Node, Outcome,
    PendingRequest, Redirection, Role, RoomBeside, Route, Wrapped, misuse,
};
use crate::session::Sessions;
use crate::topic::Topics;

/// One call of a caller: a raw command, or a call of a room.
pub type Call<'a> = CallOf<'a, Features>;

/// Makes one feature of several: `Name: field, Type;` for each room. A new connection is offered to the rooms in this
/// order. The first room creates the node; the others share it.
macro_rules! rooms {
    ($first:ident: $first_field:ident, $first_room:ty; $($name:ident: $field:ident, $room:ty;)*) => {
        rooms!(@all $first: $first_field, $first_room; $($name: $field, $room;)*);

        impl Features {
            /// All rooms around `first`. For a node of a cluster the other rooms are those of the client (`front`) at that
            /// node.
            fn beside(first: $first_room, front: Option<&Features>) -> Features {
                let node = first.node().clone();
                let first = Arc::new(first);
                let mut features = Features {
                    _membership: None,
                    $($field: Arc::new(match front {
                        Some(front) => <$room as RoomBeside>::of_node(&front.$field, node.clone(), first.clone()),
                        None => <$room as RoomBeside>::of_client(node.clone(), first.clone()),
                    }),)*
                    $first_field: first,
                    node,
                };
                if features.node.is_shared() {
                    let keepers = features.keepers();
                    features._membership = Some(erasure::Membership::of(features.node.data(), &keepers));
                }
                features
            }
        }
    };
    (@all $($name:ident: $field:ident, $room:ty;)+) => {
        /// The rooms of one client, or of one node of a cluster.
        pub struct Features {
            _membership: Option<erasure::Membership>,
            node: Arc<Node>,
            $($field: Arc<$room>,)+
        }

        impl Features {
            /// What keeps something of organizations.
            pub fn keepers(&self) -> Vec<Arc<dyn Keeper>> {
                vec![$(self.$field.clone(),)+]
            }
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

        /// The rooms' names, and the number of each of their verbs by its name.
        pub fn verbs() -> Vec<(&'static str, Vec<(&'static str, u8)>)> {
            let mut number = FIRST_ROOM_VERB;
            let mut numbered = |names: &'static [&'static str]| -> Vec<(&'static str, u8)> {
                let first = number;
                number += names.len() as u8;
                names.iter().copied().zip(first..).collect()
            };
            vec![$((stringify!($field), numbered(<$room as Feature>::VERBS)),)+]
        }

        impl Feature for Features {
            type Call<'a> = RoomCall<'a>;
            type Ticket = RoomTicket;
            type Scratch = Scratch;

            const VERBS: &'static [&'static str] = &[];

            fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<RoomCall<'_>> {
                let mut verb = asked.verb;
                $(
                    let verbs = <$room as Feature>::VERBS.len() as u8;
                    if verb < verbs {
                        let call = <$room as Feature>::decode(Asked { verb, ..asked }, arguments)?;
                        return Ok(RoomCall::$name(call));
                    }
                    verb -= verbs;
                )+
                let _ = verb;
                Err(misuse("the bridge was given an unknown verb"))
            }

            /// An object with the numbers of each room that has some.
            fn numbers() -> Value {
                let numbers = [$((stringify!($field), <$room as Feature>::numbers())),+];
                let shared = numbers.into_iter().filter(|(_, numbers)| !numbers.is_null());
                shared.map(|(room, numbers)| (room.to_owned(), numbers)).collect::<Map<_, _>>().into()
            }

            fn alone(call: &RoomCall<'_>) -> Result<Outcome<'static>> {
                match call {
                    $(RoomCall::$name(call) => <$room as Feature>::alone(call),)+
                }
            }

            fn node(&self) -> &Node {
                &self.node
            }

            fn answer(&self, call: &RoomCall<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
                match call {
                    $(RoomCall::$name(call) => self.$field.answer(call, now, &mut scratch.$field),)+
                }
            }

            fn prepare(
                &self,
                call: &RoomCall<'_>,
                call_id: u32,
                now: Instant,
                out: &mut impl Requests<PendingRequest<RoomTicket>>,
                scratch: &mut Scratch,
            ) -> Option<Outcome<'static>> {
                match call {
                    $(RoomCall::$name(call) => {
                        let out = &mut Wrapped { requests: out, wrap: RoomTicket::$name };
                        self.$field.prepare(call, call_id, now, out, &mut scratch.$field)
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

            /// An object with the report of each room that has one.
            fn report(&self) -> Value {
                let reports = [$((stringify!($field), self.$field.report())),+];
                let told = reports.into_iter().filter(|(_, report)| !report.is_null());
                told.map(|(room, report)| (room.to_owned(), report)).collect::<Map<_, _>>().into()
            }
        }
    };
}

rooms! {
    Cache: cache, Core;
    Limiter: limiter, Limiters;
    Session: session, Sessions;
    Topic: topic, Topics;
    Queue: queue, Queues;
}

impl Features {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(config: Config, role: Role) -> Result<Features> {
        Ok(Features::beside(Core::new(Node::new(config, role))?, None))
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
        Ok(Features::beside(self.cache.of_node(at, share, slot_owners)?, Some(self)))
    }

    /// Rooms that read from a replica. What the replica does not answer is asked of its primary.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_replica(&self, at: watch::Receiver<Endpoint>) -> Result<Features> {
        Ok(Features::beside(self.cache.of_replica(at)?, Some(self)))
    }

    /// Hands the cache a call of its own that looks at copies in this process. `None` for calls of other rooms.
    pub fn at_copies<R>(
        &self,
        call: &RoomCall<'_>,
        scratch: &mut Scratch,
        look: impl FnOnce(&Core, &CacheCall<'_>, &mut CacheScratch) -> Option<R>,
    ) -> Option<R> {
        match call {
            RoomCall::Cache(call) => look(&self.cache, call, &mut scratch.cache),
            _ => None,
        }
    }

    pub fn cache(&self) -> &Arc<Core> {
        &self.cache
    }

    /// `tell` is called with the event of what there is to take: leases for which callers wait, news of queues.
    pub fn listen(&self, tell: impl Fn(Event) + Clone + Send + Sync + 'static) {
        let told = tell.clone();
        self.cache.lease_waits().listen(move || told(Event::Leases));
        self.queue.listen(move || tell(Event::Queue));
    }

    /// Whether the process stays alive though no call is under way.
    pub fn keeps_alive(&self) -> bool {
        self.queue.keeps_alive()
    }

    pub fn config(&self) -> &Config {
        self.node.config()
    }
}
