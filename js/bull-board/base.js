'use strict';

const { OrgCacheError } = require('../errors.js');

/** @typedef {typeof import('@bull-board/api/dist/queueAdapters/base.js').BaseAdapter} Base */

/** What a class takes the place of which cannot be extended here. */
const NEEDED = 'orgcache/bull-board needs the package @bull-board/api from 9.10';

/**
 * A class whose constructor says what is missing, so that a program that only loads this entry goes on.
 * @param {string} reason
 * @returns {Base}
 */
function refusing(reason) {
  class Missing {
    constructor() {
      throw new OrgCacheError('E_CONFIG', `${NEEDED}; ${reason}`);
    }
  }
  return /** @type {Base} */ (/** @type {unknown} */ (Missing));
}

/**
 * @param {unknown} found
 * @returns {found is Base}
 */
function isSupported(found) {
  if (typeof found !== 'function') return false;
  // Versions before 9 ask for other methods than these.
  return ['format', 'getArmedJobSchedulerId', 'getWorkers', 'releaseActiveRateLimit'].every(
    (name) => typeof found.prototype?.[name] === 'function',
  );
}

/**
 * The class that adapters of bull-board extend. The package names it in its types alone, so it is taken from its file.
 * @returns {Base}
 */
function baseAdapter() {
  let found;
  try {
    found = require('@bull-board/api/dist/queueAdapters/base.js').BaseAdapter;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'MODULE_NOT_FOUND') return refusing('install it');
    if (code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
  }
  return isSupported(found) ? found : refusing('another version is installed');
}

module.exports = { baseAdapter };
