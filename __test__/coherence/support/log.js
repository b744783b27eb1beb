'use strict';

// The operations of one thread, in memory that the process's other threads see: what a thread did before it was
// terminated, or while its loop was blocked, is still there.

const FIELDS = 7;
const [KIND, TARGET, VALUE, BEGIN, END, OUTCOME, CALL] = Array(FIELDS).keys();
/**
 * Operations are numbered in this order. The target of a clear or an invalidation is an organization, that of others a
 * subject. Of an invalidation and a guarded change `value` is the number of a tag, of the latter 0 for none. A `changed` is the
 * end of a guarded change, from the end of its function on. `factory` and `changed` belong to the operation number `call`.
 */
const KINDS = [
  'read',
  'set',
  'delete',
  'clear',
  'getOrSet',
  'factory',
  'expire',
  'invalidate',
  'mutate',
  'changed',
];
/**
 * `underWay`: nobody knows yet. `inDoubt`: the change may take effect until its client has nothing left to repeat, `over`: at its
 * end at the latest. `refused`: a read that was not answered.
 */
const OUTCOMES = ['underWay', 'acknowledged', 'inDoubt', 'over', 'refused'];
const numberOf = (list) => Object.fromEntries(list.map((name, number) => [name, number]));
const KIND_NUMBER = numberOf(KINDS);
const OUTCOME_NUMBER = numberOf(OUTCOMES);
const HEADER_BYTES = 8;

/** Memory for a log of `capacity` operations. */
function memoryOf(capacity) {
  return new SharedArrayBuffer(HEADER_BYTES + capacity * FIELDS * Float64Array.BYTES_PER_ELEMENT);
}

/** Milliseconds since `origin`, which all processes of a machine share: `process.hrtime` is CLOCK_MONOTONIC. */
function clockOf(origin) {
  return () => Number(process.hrtime.bigint() - origin) / 1e6;
}

class Log {
  #count;
  #rows;
  #now;

  constructor(memory, now) {
    this.#count = new Uint32Array(memory, 0, 1);
    this.#rows = new Float64Array(memory, HEADER_BYTES);
    this.#now = now;
  }

  get isFull() {
    return (this.#count[0] + 1) * FIELDS > this.#rows.length;
  }

  /** Before an operation: answers its number. A value is there from now on, whatever becomes of the thread. */
  begin(kind, target, value = 0, call = -1) {
    const number = this.#count[0];
    const row = number * FIELDS;
    this.#rows[row + KIND] = KIND_NUMBER[kind];
    this.#rows[row + TARGET] = target;
    this.#rows[row + VALUE] = value;
    this.#rows[row + CALL] = call;
    this.#count[0] = number + 1;
    this.#rows[row + BEGIN] = this.#now();
    return number;
  }

  end(number, outcome, value) {
    const row = number * FIELDS;
    this.#rows[row + END] = this.#now();
    if (value !== undefined) this.#rows[row + VALUE] = value;
    this.#rows[row + OUTCOME] = OUTCOME_NUMBER[outcome];
  }
}

/** A copy of what is recorded, for another process. */
function rowsOf(memory) {
  const [count] = new Uint32Array(memory, 0, 1);
  return new Float64Array(memory, HEADER_BYTES).slice(0, count * FIELDS);
}

/** The operations of copied rows: `{ kind, target, value, begin, end, outcome, call }`. */
function* operationsOf(rows) {
  for (let row = 0; row < rows.length; row += FIELDS) {
    yield {
      kind: KINDS[rows[row + KIND]],
      target: rows[row + TARGET],
      value: rows[row + VALUE],
      begin: rows[row + BEGIN],
      end: rows[row + END],
      outcome: OUTCOMES[rows[row + OUTCOME]],
      call: rows[row + CALL],
    };
  }
}

module.exports = { Log, memoryOf, rowsOf, clockOf, operationsOf };
