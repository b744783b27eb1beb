-- Publishes a message of a topic that keeps its messages.
--
-- KEYS: 1 the stream, 2 (may be left out) what remembers the publisher's id.
-- ARGV: 1 the channel, 2 the message, 3 how many messages are kept, 4 for how many ms, 5 "s" where channels are sharded, else
--   "c", 6 how many ms ago the call was made (0: now).
-- Reply: a list of 1, the entry's id and the id of the entry before it; of 1 and the entry's id where the publisher's id was
--   published before; of 1 alone where the message is too old to be kept.
-- Caller: src/topic/requests.rs, also from the journal.

local stream, keep_ms = KEYS[1], tonumber(ARGV[4])
if tonumber(ARGV[6]) >= keep_ms then return {1} end
if KEYS[2] then
  local known = redis.call('GET', KEYS[2])
  if known then return {1, known} end
end
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
local before = last and last[1] or '0-0'
local id = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'b', before, 'm', ARGV[2])
local oldest = tonumber(string.match(id, '^%d+')) - keep_ms
redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', math.max(oldest, 0)))
redis.call('PEXPIRE', stream, keep_ms)
if KEYS[2] then redis.call('SET', KEYS[2], id, 'PX', keep_ms) end
local told = id .. ' ' .. before .. ' ' .. ARGV[2]
local sent = redis.pcall(ARGV[5] == 's' and 'SPUBLISH' or 'PUBLISH', ARGV[1], told)
-- Servers before Redis 7 have no sharded channels.
if type(sent) == 'table' and sent.err and ARGV[5] == 's' then sent = redis.pcall('PUBLISH', ARGV[1], told) end
if type(sent) == 'table' and sent.err then return sent end
return {1, id, before}
