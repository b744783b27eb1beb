'use strict';

/** Versions from here on change with every change of another process. Those below may miss some. */
const WATCHED = 2 ** 32;

/**
 * Whether an entry is as it was, as far as its versions tell.
 * @param {number | undefined} one Undefined without copies.
 * @param {number | undefined} other
 */
function isSameVersion(one, other) {
  return one === undefined || other === undefined ? one === other : one % WATCHED === other % WATCHED;
}

/**
 * Whether changes of other processes change the version, too.
 * @param {number | undefined} version
 */
function isWatched(version) {
  return version !== undefined && version >= WATCHED;
}

module.exports = { isSameVersion, isWatched };
