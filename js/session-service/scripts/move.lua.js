'use strict';

// Notes where a session of the service before has gone, and removes it there.
//
// KEYS: 1 the session, 2 what stands for it from now on, 3 when its user's sessions were ended, 4 the user's set of ids,
//   5 the set of all ids.
// ARGV: 1 what is to stand for it, 2 for how long in ms, 3 its id, 4 when it was created in ms.
// Reply: what stands for it, which an earlier call may have written, or nil if it has ended.
// Caller: js/session-service/earlier.js, once the session is in the store of this package.
//
// The script is a module and not a .lua file because bundlers include modules that are required, not files that are
// read.
module.exports = `
local moved = redis.call('GET', KEYS[2])
if moved then return moved end
local ended = redis.call('GET', KEYS[3])
local lives = redis.call('EXISTS', KEYS[1]) == 1 and not (ended and tonumber(ARGV[4]) <= tonumber(ended))
redis.call('UNLINK', KEYS[1])
redis.call('SREM', KEYS[4], ARGV[3])
redis.call('SREM', KEYS[5], ARGV[3])
if not lives then return false end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`;
