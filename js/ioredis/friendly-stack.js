'use strict';

/**
 * Shows the place of the application's call in place of the place where its reply arrived.
 * @param {Error} error
 * @param {string} stackOfCall
 * @param {string} [ownFolder] Leading frames of this folder are left out.
 */
function friendlyStack(error, stackOfCall, ownFolder = __dirname) {
  const frames = stackOfCall.split('\n').slice(1);
  const own = frames.findIndex((frame) => !frame.includes(ownFolder));
  if (error.stack)
    error.stack = [error.stack.split('\n', 1)[0], ...frames.slice(Math.max(own, 0))].join('\n');
  return error;
}

module.exports = { friendlyStack };
