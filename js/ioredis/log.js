'use strict';

const LEVELS = ['off', 'error', 'warn', 'info', 'debug', 'trace'];
const DEFAULT_LEVEL = 'warn';
/** @type {Set<string>} */
const told = new Set();

/**
 * Prints a line on stderr if `CACHE_LOG` includes its level, each line once per process.
 * @param {string} level
 * @param {string} message
 */
function tellOnce(level, message) {
  if (told.has(message)) return;
  told.add(message);
  const given = LEVELS.indexOf(process.env.CACHE_LOG?.toLowerCase() ?? '');
  const asked = given === -1 ? LEVELS.indexOf(DEFAULT_LEVEL) : given;
  if (LEVELS.indexOf(level) <= asked) process.stderr.write(`orgcache ${level}: ${message}\n`);
}

module.exports = { tellOnce };
