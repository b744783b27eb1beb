'use strict';

// Faults of a cache in JavaScript, put around a client: the checker has to find them on any version of the package.

const STALE_MS = 2500;
const CHANCE = 0.5;

const PLANTS = {
  /** Copies that nobody invalidates but the writes of this very client. */
  'keeps copies': (client) => {
    const copies = new Map();
    const forget = (subject) => copies.delete(subject);
    return {
      async read(subject) {
        const copy = copies.get(subject);
        if (copy && performance.now() - copy.at < STALE_MS) return copy.answer;
        const answer = await client.read(subject);
        copies.set(subject, { answer, at: performance.now() });
        return answer;
      },
      async set(subject, value) {
        const outcome = await client.set(subject, value);
        forget(subject);
        return outcome;
      },
      async delete(subject) {
        const outcome = await client.delete(subject);
        forget(subject);
        return outcome;
      },
    };
  },
  /** Now and then the answer to another call. */
  'mixes answers': (client) => {
    let last = null;
    return {
      async read(subject) {
        const answer = await client.read(subject);
        const given = Math.random() < CHANCE ? last : answer;
        last = answer;
        return given;
      },
    };
  },
};

/** The client with a fault: its other methods are its own. */
function plant(name, client) {
  const faulty = PLANTS[name](client);
  return new Proxy(client, {
    get(_, method) {
      const own = faulty[method] ?? client[method];
      return typeof own === 'function' && !faulty[method] ? own.bind(client) : own;
    },
  });
}

module.exports = { plant, PLANTS };
