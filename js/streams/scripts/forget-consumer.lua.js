'use strict';

// Deletes a consumer from its group, unless entries are pending in its name: they would be lost.
//
// KEYS: 1 the stream.
// ARGV: 1 the group, 2 the consumer.
// Reply: 1, or 0 where entries are pending.
// Caller: js/streams/commands.js, when a consumer without a given name stops.
//
// The script is a module and no .lua file because bundlers take along what is required, not what is read.
module.exports = `
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
`;
