'use strict';

const { inTime } = require('./findings.js');

/** @import { Socket } from 'node:net' */

/**
 * Resolves to the socket once it is connected. Rejects if that fails or takes too long.
 * @param {Socket} socket
 * @param {'connect' | 'secureConnect'} event
 */
function connected(socket, event) {
  const done = new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.on('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
  return inTime(done, { abandon: () => socket.destroy() });
}

module.exports = { connected };
