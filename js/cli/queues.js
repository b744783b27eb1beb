'use strict';

const { scan } = require('./scan.js');

/** @import { OpenStore } from './store.js' */

/** Behind the prefix of a room: keys of queues (`src/queue/keys.rs`). */
const ROOM = 'queue:{';
const END = '}:meta';

/**
 * The names of all queues, by one scan.
 * @param {OpenStore} store
 */
async function namesOfQueues(store) {
  const start = store.roomPrefix + ROOM;
  const names = [];
  for await (const key of scan(store, `${start.replace(/[\\*?[\]]/g, '\\$&')}*${END}`)) {
    names.push(decodeURIComponent(key.slice(start.length, -END.length)));
  }
  return names.sort();
}

/**
 * The start of a queue's keys.
 * @param {OpenStore} store
 * @param {string} name
 */
function keysOf({ roomPrefix }, name) {
  // Native code lets these stand for themselves, and no others.
  const escaped = [...Buffer.from(name)].map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[\w\-.~+@]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `${roomPrefix}${ROOM}${escaped.join('')}}:`;
}

module.exports = { keysOf, namesOfQueues };
