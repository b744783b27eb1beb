'use strict';

// Ends a session of the service before that has not moved.
//
// KEYS: 1 the session, 2 what stands for it once it has moved, 3 the set of all ids.
// ARGV: 1 its id, 2 for how long it stays ended in ms: a process with the service before may write it again.
// Reply: what stands for it, if it has moved; else nil.
// Caller: js/session-service/earlier.js, where a session is ended by its id.
//
// The script is a module and not a .lua file because bundlers include modules that are required, not files that are
// read.
module.exports = `
local moved = redis.call('GET', KEYS[2])
if moved then return moved end
redis.call('UNLINK', KEYS[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return false
`;
