'use strict';

/** Commands that ioredis has methods for and the table of native code does not know yet. Their first argument is a key. */
const NEWER = [
  ...['arcount', 'ardel', 'ardelrange', 'arget', 'argetrange', 'argrep', 'arinfo', 'arinsert', 'arlastitems'],
  ...['arlen', 'armget', 'armset', 'arnext', 'arop', 'arring', 'arscan', 'arseek', 'arset'],
  ...['increx', 'vrange', 'xnack'],
];

module.exports = { NEWER };
