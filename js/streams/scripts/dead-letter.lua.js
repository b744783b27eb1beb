'use strict';

// Copies an entry to the dead letters and acknowledges it, unless it is settled already.
//
// KEYS: 1 the stream, 2 the stream of dead letters.
// ARGV: 1 the group, 2 the entry's id, then fields and values that the copy gets besides the entry's own.
// Reply: the copy's id; nil if the entry is settled already; 0 if it is too large for a script.
// Caller: js/streams/commands.js, for an entry that failed too often.
//
// MULTI would acknowledge even if the copy is refused, and lose the entry. The server makes the copy, so bytes stay
// as they are. An entry of more than 7,000 fields and values is too large: Lua passes at most about 8,000 arguments
// to a command.
//
// The script is a module and not a .lua file because bundlers include modules that are required, not files that are
// read.
module.exports = `
local stream, dead, group, id = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return false end
local words = {}
for index = 3, #ARGV do words[#words + 1] = ARGV[index] end
local entry = redis.call('XRANGE', stream, id, id)[1]
if entry then
  if #entry[2] > 7000 then return 0 end
  for _, word in ipairs(entry[2]) do words[#words + 1] = word end
end
local copy = redis.call('XADD', dead, '*', unpack(words))
redis.call('XACK', stream, group, id)
return copy
`;
