'use strict';

// Stored values made by hand from the published formats, so that what one version of the package
// has written stays readable for every later one, and so that bombs need no compressor.

const LZ4 = 1;
const ZSTD = 2;
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const RLE_BLOCK_BYTES = 128 * 1024;

/** NUL, version, the length of the value as 32 bits, least byte first, and the payload. */
function stored(version, length, payload) {
  const head = Buffer.alloc(6);
  head[1] = version;
  head.writeUInt32LE(length, 2);
  return Buffer.concat([head, payload]);
}

function zstdBlock({ last, type, size, body }) {
  const head = Buffer.alloc(3);
  head.writeUIntLE((last ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
  return Buffer.concat([head, body]);
}

/** A text of at most 255 bytes as a zstd frame with one raw block. */
function zstdStored(text) {
  const body = Buffer.from(text);
  const block = zstdBlock({ last: true, type: 0, size: body.length, body });
  return stored(ZSTD, body.length, Buffer.concat([ZSTD_MAGIC, Buffer.from([0x20, body.length]), block]));
}

/** A text of 15 to 269 bytes as an LZ4 block of literals. */
function lz4Stored(text) {
  const body = Buffer.from(text);
  return stored(LZ4, body.length, Buffer.concat([Buffer.from([0xf0, body.length - 15]), body]));
}

/** `inflatedBytes` of the letter a in a few kilobytes of zstd, with a length that may be a lie. */
function zstdBomb(inflatedBytes, claimedBytes) {
  const count = Math.ceil(inflatedBytes / RLE_BLOCK_BYTES);
  const blocks = Array.from({ length: count }, (_, index) =>
    zstdBlock({ last: index === count - 1, type: 1, size: RLE_BLOCK_BYTES, body: Buffer.from('a') }),
  );
  const windowOf128Kib = 7 << 3;
  return stored(
    ZSTD,
    claimedBytes,
    Buffer.concat([ZSTD_MAGIC, Buffer.from([0x00, windowOf128Kib]), ...blocks]),
  );
}

/** The same in LZ4: one letter, and one match that repeats it. */
function lz4Bomb(inflatedBytes, claimedBytes) {
  const match = [Buffer.from([0x1f, 0x61, 1, 0]), Buffer.alloc(Math.ceil(inflatedBytes / 255), 0xff)];
  return stored(LZ4, claimedBytes, Buffer.concat([...match, Buffer.from([0, 0x50]), Buffer.from('aaaaa')]));
}

module.exports = { zstdStored, lz4Stored, zstdBomb, lz4Bomb };
