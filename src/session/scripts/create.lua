-- Creates a session of a user.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 what follows the times of the record, 3 the idle time, 4 the absolute time and 5 the slack of touches
--   in ms, 6 how many sessions a user may have (0: any number), 7 'e' (the oldest goes) or 'r' (the new one is refused).
-- Reply: a list: 1, the server's time in ms, then the fields of sessions that had to go; or 0 where the user has all of its
--   sessions.
-- Caller: src/session/requests.rs, for a login and for a session without a user.
--
-- A field that is there was made by the same call, so nothing changes. Ended sessions that it meets go: eight at random, or
-- all of them where their number counts. Where sessions had to go, the channel `ended` beside the key is told the user's tag.

local key, field, most, slack = KEYS[1], ARGV[1], tonumber(ARGV[6]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local there = redis.pcall('HGET', key, field)
if type(there) == 'table' then
  redis.call('UNLINK', key)
  there = false
end
local reply = {1, now}
if there then return reply end
local met = {}
if most > 0 then
  met = redis.call('HGETALL', key)
elseif redis.call('EXISTS', key) == 1 then
  met = redis.call('HRANDFIELD', key, 8, 'WITHVALUES')
end
local live = {}
for i = 1, #met, 2 do
  local created, touched, idle, life = string.match(met[i + 1], '^s(%d+) (%d+) (%d+) (%d+) ')
  local till = string.match(met[i + 1], '^a(%d+)\n')
  if created and now < created + life and now < created + touched + idle + slack then
    live[#live + 1] = {tonumber(created), met[i]}
  elseif not till or now >= tonumber(till) then
    redis.call('HDEL', key, met[i])
  end
end
if most > 0 and #live >= most then
  if ARGV[7] == 'r' then return {0} end
  table.sort(live, function(a, b) return a[1] < b[1] end)
  for i = 1, #live - most + 1 do
    redis.call('HDEL', key, live[i][2])
    reply[#reply + 1] = live[i][2]
  end
end
if #reply > 2 then
  -- Whoever watches a session of the user asks for it again. It hears later where the channel is not allowed.
  redis.pcall('PUBLISH', (string.gsub(key, '{[^{}]*}$', 'ended')), string.match(key, '{([^{}]*)}$') or '')
end
local head = string.format('s%.0f 0 %.0f %.0f 0 1\n', now, tonumber(ARGV[3]), tonumber(ARGV[4]))
redis.call('HSET', key, field, head .. ARGV[2])
if redis.call('PTTL', key) < tonumber(ARGV[4]) then redis.call('PEXPIRE', key, ARGV[4]) end
return reply
