'use strict';

// Ends all sessions of a user that the service before made and that have not moved.
//
// KEYS: 1 the user's set of ids, 2 the set of all ids, 3 when the user's sessions were ended.
// ARGV: 1 for how long that is kept in ms. Sessions that the set has lost end by it.
// Reply: how many sessions were removed.
// Caller: js/session-service/earlier.js, where all sessions of a user are ended.
//
// The sessions' own keys follow from the set, so this is for one server and not for a cluster. The script is a module and not
// a .lua file because bundlers include modules that are required, not files that are read.
module.exports = `
local time = redis.call('TIME')
local removed = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  removed = removed + redis.call('UNLINK', 'session:' .. id)
  redis.call('SREM', KEYS[2], id)
end
redis.call('UNLINK', KEYS[1])
redis.call('SET', KEYS[3], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), 'PX', ARGV[1])
return removed
`;
