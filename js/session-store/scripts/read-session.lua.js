'use strict';

// Reads a session on the primary, for clients that may send GET to a replica.
//
// KEYS: 1 the session.
// ARGV: none; the script changes nothing.
// Reply: 1 its text, or nil; 2 its PTTL.
// Caller: js/session-store/scripts.js, by the clients of js/session-store/clients.js.
module.exports = `
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
`;
