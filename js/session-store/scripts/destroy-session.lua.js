'use strict';

// Removes a session, and leaves a tombstone, so that a request that is still under way does not bring it back.
//
// KEYS: 1 the session, 2 its tombstone.
// ARGV: 1 the lifetime of the tombstone in ms.
// Reply: how many sessions were removed.
// Caller: js/session-store/scripts.js, for js/session-store/core.js.
module.exports = `
redis.call('SET', KEYS[2], '', 'PX', ARGV[1])
return redis.call('UNLINK', KEYS[1])
`;
