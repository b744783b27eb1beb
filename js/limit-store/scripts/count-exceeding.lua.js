'use strict';

// Counts a call in a window that goes on while its limit is exceeded.
//
// KEYS: 1 the counter.
// ARGV: 1 the window in ms, 2 the calls that pass in it, 3 '1' if each further call doubles the window, '0' if each
//   begins it anew.
// Reply: 1 the calls of the window, this one included; 2 the ms until it ends.
// Caller: js/limit-store/fastify-store.js, for `continueExceeding` and `exponentialBackoff`.
module.exports = `
local window, most, doubles = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local calls = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left > 0 and calls <= most then return {calls, left} end
if doubles and calls > most then window = math.min(window * 2 ^ (calls - most - 1), 2 ^ 53 - 1) end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(window, 2 ^ 50)))
return {calls, window}
`;
