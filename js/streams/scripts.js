'use strict';

/** More words than Lua can hand to one command. */
const MOST_WORDS = 7_000;

/**
 * Copies an entry to the dead letters and acknowledges it, unless it is settled already. Not a transaction:
 * that would acknowledge even where the copy is refused, and lose the entry. The copy is made by the server,
 * so that bytes stay what they are.
 *
 * Answers the copy's id; nil where the entry was settled; 0 where it is too large for a script.
 */
const BURY = `
local stream, dead, group, id = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return false end
local words = {}
for index = 3, #ARGV do words[#words + 1] = ARGV[index] end
local entry = redis.call('XRANGE', stream, id, id)[1]
if entry then
  if #entry[2] > ${MOST_WORDS} then return 0 end
  for _, word in ipairs(entry[2]) do words[#words + 1] = word end
end
local copy = redis.call('XADD', dead, '*', unpack(words))
redis.call('XACK', stream, group, id)
return copy
`;

/** Deletes a consumer that has nothing pending; with anything pending it would be lost. */
const FORGET = `
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
`;

module.exports = { BURY, FORGET };
