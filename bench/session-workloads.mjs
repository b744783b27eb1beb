/** The calls that the callers of `load.mjs` make of sessions. */

/** A power of two, so that choosing a session costs one bit operation. */
const SESSION_COUNT = 1_024;
const CALLERS = 256;
/** An odd stride visits all sessions, and none soon again. */
const STRIDE = 7_919;

/** How each operation is named in reports. */
export const OPERATIONS = {
  'session-get': 'Session of 300 B, get',
  'session-cycle': 'Session of 300 B, create, get and destroy',
  'session-among': 'Session of 300 B, get among many',
};
/** Those that every contender has. */
export const COMPARED = ['session-get', 'session-cycle'];

let made = 0;

/** About 300 bytes of JSON that do not repeat themselves. */
export function dataOf(index) {
  const random = Array.from(
    { length: 34 },
    (_, at) => ((index + 1) * (at + 7) * 2_654_435_761) % 4_294_967_296,
  );
  return {
    roles: ['member', 'editor'],
    views: index,
    seen: random.map((number) => number.toString(36)).join('-'),
  };
}

/** Calls `visit` for each index, `CALLERS` at a time. */
export async function forEachIndex(count, visit) {
  let next = 0;
  const caller = async () => {
    while (next < count) await visit(next++);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Ids of equal length outside of the heap, so that the collection of a million texts is no part of what is measured. */
class Ids {
  #width = 0;
  #bytes = Buffer.alloc(0);

  constructor(count) {
    this.count = count;
  }

  set(index, id) {
    if (this.#width === 0) {
      this.#width = id.length;
      this.#bytes = Buffer.alloc(this.count * id.length);
    }
    if (id.length !== this.#width) throw new Error('the ids of a contender differ in length');
    this.#bytes.latin1Write(id, index * this.#width);
  }

  at(index) {
    return this.#bytes.latin1Slice(index * this.#width, (index + 1) * this.#width);
  }
}

export function sessionWorkload(client, { operation, sessions = SESSION_COUNT }) {
  const ids = new Ids(sessions);
  const verify = (data) => {
    if (data?.roles?.length !== 2) throw new Error('a session was not the one that was stored');
  };
  const fill = () =>
    forEachIndex(sessions, async (index) => {
      ids.set(index, await client.create(`user-${index}`, dataOf(index)));
    });
  switch (operation) {
    case 'session-get':
    case 'session-among':
      return { prepare: fill, invoke: (index) => client.get(ids.at((index * STRIDE) % sessions)), verify };
    case 'session-cycle': {
      const own = `${process.pid}-cycle`;
      // Made before, because making it costs as much as some contenders' whole calls.
      const data = Array.from({ length: SESSION_COUNT }, (_, index) => dataOf(index));
      return {
        async prepare() {},
        async invoke(index) {
          const id = await client.create(`${own}-${made++}`, data[index % SESSION_COUNT]);
          const read = await client.get(id);
          await client.destroy(id);
          return read;
        },
        verify,
      };
    }
    default:
      throw new Error(`There is no workload named '${operation}'.`);
  }
}
