-- Removes index entries whose keys have expired.
--
-- KEYS: 1 the index; its scores are the expected ends of its keys, in ms since 1970.
-- ARGV: 1 the most entries to look at.
-- Reply: how many entries were removed.
-- Caller: src/cache/organization/index.rs, after one in 64 writes to an index.
--
-- An entry whose key is still there gets the true end as its score. So a client with a wrong clock can neither lose
-- an entry nor block the front of the index.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
local gone = 0
for _, key in ipairs(due) do
  local left = redis.call('PTTL', key)
  if left == -2 then
    gone = gone + redis.call('ZREM', KEYS[1], key)
  elseif left == -1 then
    redis.call('ZADD', KEYS[1], 'inf', key)
  else
    redis.call('ZADD', KEYS[1], now + left, key)
  end
end
return gone
