'use strict';

// Deletes a consumer from its group, unless it has pending entries, which would be lost.
//
// KEYS: 1 the stream.
// ARGV: 1 the group, 2 the consumer.
// Reply: 1, or 0 if entries are pending.
// Caller: js/streams/commands.js, when a consumer without a given name stops.
//
// The script is a module and not a .lua file because bundlers include modules that are required, not files that are
// read.
module.exports = `
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
`;
