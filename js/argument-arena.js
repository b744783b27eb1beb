'use strict';

const { types } = require('node:util');

/** Room for the bytes of a few dozen small values: what the processor's nearest cache holds. */
const ROOM_BYTES = 64 * 1024;
/** A place is one number: where the bytes begin, in units of 8, and how many they are, in the lower bits. */
const UNIT_BYTES = 8;
const LENGTH_BITS = 17;

/**
 * A copy of a view's bytes, for what is kept beyond the call; anything else as it is.
 * @template Given
 * @param {Given} given
 * @returns {Given extends ArrayBufferView ? Buffer : Given}
 */
function ownBytes(given) {
  const own = ArrayBuffer.isView(given) ? Buffer.from(bytesOf(given)) : given;
  return /** @type {ReturnType<typeof ownBytes<Given>>} */ (own);
}

/**
 * The bytes that a view shows, without a copy.
 * @param {ArrayBufferView} view
 * @returns {Uint8Array}
 */
function bytesOf(view) {
  return types.isUint8Array(view) ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * Copies of the bytes that calls carry, from the call until it crosses into native code at the end of the tick: the
 * caller may use its Buffer again at once. The same memory serves every tick, which costs a fraction of new Buffers.
 */
class ArgumentArena {
  /** @type {Uint8Array | undefined} */
  #room;
  #end = 0;
  /** How many have bytes here that have not crossed. */
  #users = 0;

  /** The memory itself; undefined before anything was put there. */
  get room() {
    return this.#room;
  }

  /**
   * Where the bytes are now, as one number; undefined where there is no room for them.
   * @param {Uint8Array} bytes
   */
  place(bytes) {
    const start = this.#end;
    const length = bytes.byteLength;
    if (length > ROOM_BYTES - start) return undefined;
    this.#room ??= new Uint8Array(new ArrayBuffer(ROOM_BYTES));
    // A Buffer that was transferred has none, and cannot be read.
    if (length > 0) this.#room.set(bytes, start);
    this.#end = start + Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
    return (start / UNIT_BYTES) * 2 ** LENGTH_BITS + length;
  }

  /** Somebody has begun to put bytes here. */
  enter() {
    this.#users += 1;
  }

  /** The bytes of one user have crossed. When none is left the room is free. */
  leave() {
    this.#users -= 1;
    if (this.#users === 0) this.#end = 0;
  }
}

/** One for all bridges: what is in it has crossed when the tick ends. */
const argumentArena = new ArgumentArena();

module.exports = { bytesOf, ownBytes, argumentArena };
