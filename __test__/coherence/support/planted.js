'use strict';

/**
 * The faults that native code has on purpose where it is built with the feature `planted-faults` (`src/planted.rs`), each with the
 * room whose load has to find it.
 */
const PLANTED = {
  'fill-ignores-stripe': 'adapter',
  'own-writes-not-counted': 'adapter',
  'answers-not-compared': 'adapter',
  'session-survives-reconnect': 'adapter',
  'lifetime-from-reply': 'adapter',
  'freshness-from-pong-arrival': 'adapter',
  'clear-without-owner': 'adapter',
  'fill-without-token': 'entries without copies',
  'fill-without-mark': 'entries without copies',
  'tags-after-factory': 'entries without copies',
};

module.exports = { PLANTED };
