'use strict';

/** The faults that native code has on purpose where it is built with the feature `planted-faults` (`src/near/planted.rs`). */
const PLANTED = [
  'fill-ignores-stripe',
  'own-writes-not-counted',
  'answers-not-compared',
  'session-survives-reconnect',
  'lifetime-from-reply',
  'freshness-from-pong-arrival',
  'clear-without-owner',
];

module.exports = { PLANTED };
