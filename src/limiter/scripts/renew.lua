-- Prolongs leases. One that is not there is written anew: its work goes on, whatever became of the key.
--
-- KEYS: 1 the zset of leases of an identifier.
-- ARGV: for each lease its name, its length in ms, and its cost.
-- Reply: how many units of cost were not there.
-- Caller: src/limiter/commands.rs, for src/limiter/lease, several times within the length of a lease.
--
-- src/limiter/scripts/consume.lua describes the members.

local key, slack, floor, format = KEYS[1], 100, math.floor, string.format
local time = redis.call('TIME')
local now = time[1] * 1000 + floor(time[2] / 1000)
local added, longest = 0, 0
for i = 1, #ARGV - 2, 3 do
  local name, length = ARGV[i] .. ':' .. ARGV[i + 1], tonumber(ARGV[i + 1])
  local ends = format('%.0f', now + length)
  added = added + redis.call('ZADD', key, ends, name)
  for unit = 2, tonumber(ARGV[i + 2]) do
    added = added + redis.call('ZADD', key, ends, format('%s:%d', name, unit))
  end
  longest = math.max(longest, length)
end
if redis.call('PTTL', key) < longest + slack then redis.call('PEXPIRE', key, longest + slack) end
return added
