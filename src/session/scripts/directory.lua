-- Enters a user into a directory of users that have sessions, and counts its entries.
--
-- KEYS: 1 the directory.
-- ARGV: 1 the user; empty where nobody is to be entered, 2 how long its sessions can live, in ms.
-- Reply: the number of entries.
-- Caller: src/session/requests.rs, before a session is created, and for statistics.
--
-- An entry's score is the latest end of its user's sessions, and only grows. Entries that have ended go, 128 at a time.

local key, user = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = redis.call('ZRANGEBYSCORE', key, '-inf', string.format('%.0f', now), 'LIMIT', 0, 128)
if #ended > 0 then redis.call('ZREM', key, unpack(ended)) end
if user ~= '' then
  redis.call('ZADD', key, 'GT', string.format('%.0f', now + tonumber(ARGV[2])), user)
  if redis.call('PTTL', key) < tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
end
return redis.call('ZCARD', key)
