'use strict';

/** Number of slots in a cluster. */
const SLOTS = 16384;
/** The polynomial of CRC-16/XMODEM, which Redis Cluster uses. */
const POLYNOMIAL = 0x1021;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/**
 * The slot of a key: of the text in its first braces, if there is any.
 * @param {unknown} key
 */
function slotOf(key) {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(String(key));
  const open = bytes.indexOf(0x7b);
  const close = open === -1 ? -1 : bytes.indexOf(0x7d, open + 1);
  const [from, until] = close > open + 1 ? [open + 1, close] : [0, bytes.length];
  let crc = 0;
  for (let i = from; i < until; i++) crc = TABLE[((crc >> 8) ^ bytes[i]) & 0xff] ^ ((crc << 8) & 0xffff);
  return crc % SLOTS;
}

/**
 * The slot of all keys, or -1 if they are in several.
 * @param {unknown[]} keys
 */
function slotOfAll(keys) {
  const slot = slotOf(keys[0]);
  return keys.every((key) => slotOf(key) === slot) ? slot : -1;
}

module.exports = { slotOf, slotOfAll };
