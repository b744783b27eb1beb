'use strict';

const { coloured } = require('../table.js');
const { clearTimeout, setTimeout } = require('../../time.js');

/** No single check takes longer, whatever the timeouts of the configuration. */
const DEADLINE_MS = 5000;

const finding = (status, name, message, fix) => ({
  status,
  name,
  message,
  ...(fix === undefined ? {} : { fix }),
});
const ok = (name, message) => finding('ok', name, message);
const warn = (name, message, fix) => finding('warn', name, message, fix);
const fail = (name, message, fix) => finding('fail', name, message, fix);

/** Answers what `work` does; rejects where it takes too long. `abandon` ends what is still going on. */
async function inTime(work, { deadlineMs = DEADLINE_MS, abandon = () => {} } = {}) {
  let timer;
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

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' };

/** One check as one line. */
function line({ status, name, message, fix }) {
  return `${coloured(COLOURS[status], status.padEnd(4))}  ${name.padEnd(13)}  ${message}${fix === undefined ? '' : ` (${fix})`}`;
}

module.exports = { DEADLINE_MS, fail, inTime, line, ok, warn };
