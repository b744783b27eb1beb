'use strict';

const { types } = require('node:util');

/** Size of the arena. It holds a few dozen small values and fits into the processor's nearest cache. */
const ROOM_BYTES = 64 * 1024;
/** A position is one number: the start of the bytes in units of 8, and in the lower bits their length. */
const UNIT_BYTES = 8;
const LENGTH_BITS = 17;

/**
 * Copies the bytes of a view, for values that are kept beyond the call. Answers anything else as it is.
 * @template Given
 * @param {Given} given
 * @returns {Given extends ArrayBufferView ? Buffer : Given}
 */
function ownBytes(given) {
  const own = ArrayBuffer.isView(given) ? Buffer.from(bytesOf(given)) : given;
  return /** @type {ReturnType<typeof ownBytes<Given>>} */ (own);
}

/**
 * The bytes of a view, without a copy.
 * @param {ArrayBufferView} view
 * @returns {Uint8Array}
 */
function bytesOf(view) {
  return types.isUint8Array(view) ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * Copies of the bytes that calls carry. They are kept from the call until it crosses into native code at the end of
 * the tick, so that the caller may reuse its Buffer at once. Every tick uses the same memory, which costs a
 * fraction of new Buffers.
 */
class ArgumentArena {
  /** @type {Uint8Array | undefined} */
  #room;
  #end = 0;
  /** Number of bridges with bytes here that have not crossed. */
  #users = 0;

  /** The memory itself; undefined until it is first used. */
  get room() {
    return this.#room;
  }

  /**
   * Copies bytes into the arena. Answers their position as one number, or undefined if they do not fit.
   * @param {Uint8Array} bytes
   */
  place(bytes) {
    const start = this.#end;
    const length = bytes.byteLength;
    if (length > ROOM_BYTES - start) return undefined;
    this.#room ??= new Uint8Array(new ArrayBuffer(ROOM_BYTES));
    // A transferred Buffer has no bytes and cannot be read.
    if (length > 0) this.#room.set(bytes, start);
    this.#end = start + Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
    return (start / UNIT_BYTES) * 2 ** LENGTH_BITS + length;
  }

  /** A bridge has begun to put bytes here. */
  enter() {
    this.#users += 1;
  }

  /** The bytes of one bridge have crossed. After the last one, the arena is empty again. */
  leave() {
    this.#users -= 1;
    if (this.#users === 0) this.#end = 0;
  }
}

/** One arena for all bridges: its contents have crossed when the tick ends. */
const argumentArena = new ArgumentArena();

module.exports = { bytesOf, ownBytes, argumentArena };
