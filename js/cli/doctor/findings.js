'use strict';

const { coloured } = require('../table.js');
const { clearTimeout, setTimeout } = require('../../time.js');

/**
 * @typedef {object} Finding
 * @property {'ok' | 'warn' | 'fail'} status
 * @property {string} name of the check
 * @property {string} message
 * @property {string} [fix]
 *
 * @typedef {Error & { code: string, redisCode?: string }} Failure of a call, a socket or a lookup
 */

/** The longest time of a single check, whatever the timeouts of the configuration. */
const DEADLINE_MS = 5000;

/** @type {(status: Finding['status'], name: string, message: string, fix?: string) => Finding} */
const finding = (status, name, message, fix) => ({
  status,
  name,
  message,
  ...(fix === undefined ? {} : { fix }),
});
/** @type {(name: string, message: string) => Finding} */
const ok = (name, message) => finding('ok', name, message);
/** @type {(name: string, message: string, fix?: string) => Finding} */
const warn = (name, message, fix) => finding('warn', name, message, fix);
/** @type {(name: string, message: string, fix?: string) => Finding} */
const fail = (name, message, fix) => finding('fail', name, message, fix);

/**
 * Answers the result of `work`, or rejects after the deadline. `abandon` stops the work.
 * @template T
 * @param {Promise<T>} work
 * @param {{ deadlineMs?: number, abandon?: () => void }} [options]
 * @returns {Promise<T>}
 */
async function inTime(work, { deadlineMs = DEADLINE_MS, abandon = () => {} } = {}) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${deadlineMs} ms`), { code: 'E_TIMEOUT' }));
      abandon();
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @type {Record<Finding['status'], 'green' | 'yellow' | 'red'>} */
const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' };

/**
 * One check on one line.
 * @param {Finding} finding
 */
function line({ status, name, message, fix }) {
  return `${coloured(COLOURS[status], status.padEnd(4))}  ${name.padEnd(13)}  ${message}${fix === undefined ? '' : ` (${fix})`}`;
}

module.exports = { DEADLINE_MS, fail, inTime, line, ok, warn };
