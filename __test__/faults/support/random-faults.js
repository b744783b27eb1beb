'use strict';

/**
 * Faults that a soak draws from, by name: `apply(bench, random)` begins one, `heal(bench)` ends it.
 *
 * Bytes are not damaged here: where TCP's sums hold no network does that, and a damaged value cannot be told from
 * a wrong one. `replies.test.js` does it call by call.
 */

/** A port that nothing listens on: the reserved first one. */
const NO_PRIMARY = ['127.0.0.1', 1];
/** Longer than any fault lasts; the end of the fault is what ends it. */
const PAUSE_MS = 60_000;
const MAX_CUT_BYTES = 4000;

const killClients = ({ redis }) => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
const healProxy = ({ proxy }) => proxy.heal();
const nothing = () => {};
const setting = (name, during, usual) => ({
  apply: ({ redis }) => redis.command('CONFIG', 'SET', name, during),
  heal: ({ redis }) => redis.command('CONFIG', 'SET', name, usual),
});

const FAULTS = {
  kill: { apply: ({ redis }) => redis.kill(), heal: ({ redis }) => redis.launch() },
  stop: { apply: ({ redis }) => redis.pause(), heal: ({ redis }) => redis.resume() },
  pause: {
    apply: ({ redis }) => redis.command('CLIENT', 'PAUSE', PAUSE_MS, 'ALL'),
    heal: ({ redis }) => redis.command('CLIENT', 'UNPAUSE'),
  },
  refuse: { apply: ({ proxy }) => proxy.refuse(), heal: healProxy },
  hole: { apply: ({ proxy }) => proxy.blackHole(), heal: healProxy },
  reset: { apply: ({ proxy }) => proxy.reset(), heal: nothing },
  slow: {
    apply: ({ proxy }, random) =>
      proxy.delay({ requestDelayMs: random.below(200), replyDelayMs: random.below(200) }),
    heal: healProxy,
  },
  trickle: { apply: ({ proxy }) => proxy.trickle(1), heal: healProxy },
  cut: {
    apply: ({ proxy }, random) => proxy.cutReplies(random.below(MAX_CUT_BYTES), random.pick(['fin', 'rst'])),
    heal: healProxy,
  },
  clients: { apply: killClients, heal: nothing },
  maxclients: {
    apply: async (bench) => {
      await bench.redis.command('CONFIG', 'SET', 'maxclients', 1);
      await killClients(bench);
    },
    heal: ({ redis }) => redis.command('CONFIG', 'SET', 'maxclients', 1000),
  },
  memory: setting('maxmemory', 1, 0),
  replica: {
    apply: ({ redis }) => redis.command('REPLICAOF', ...NO_PRIMARY),
    heal: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
  },
  user: {
    apply: ({ redis, user }) => redis.command('ACL', 'DELUSER', user.name),
    heal: ({ redis, user }) => redis.command('ACL', 'SETUSER', ...user.line.split(' ')),
  },
  permissions: {
    apply: ({ redis, user }) =>
      redis.command('ACL', 'SETUSER', user.name, 'resetkeys', '%R~*', '~jack:dev:kv:*'),
    heal: ({ redis, user }) => redis.command('ACL', 'SETUSER', user.name, '~*'),
  },
  scripts: { apply: ({ redis }) => redis.command('SCRIPT', 'FLUSH'), heal: nothing },
};

module.exports = { FAULTS };
