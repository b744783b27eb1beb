-- Notes that a session was used.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 the slack of touches in ms.
-- Reply: 1 where the session lives, else 0.
-- Caller: src/session/requests.rs, behind a read whose session was not touched for a while.
--
-- Follows at most three aliases. Ended sessions that it meets go. Never creates a field.

local key, field, slack = KEYS[1], ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ended(value)
  local created, touched, idle, life = string.match(value, '^s(%d+) (%d+) (%d+) (%d+) ')
  if created then return now >= created + life or now >= created + touched + idle + slack end
  local till = string.match(value, '^a(%d+)\n')
  return not till or now >= tonumber(till)
end
local value = redis.call('HGET', key, field)
for _ = 1, 3 do
  if not value or string.sub(value, 1, 1) ~= 'a' or ended(value) then break end
  field = string.sub(value, string.find(value, '\n') + 1, -17)
  value = redis.call('HGET', key, field)
end
if not value then return 0 end
local met = redis.call('HRANDFIELD', key, 8, 'WITHVALUES')
for i = 1, #met, 2 do
  if ended(met[i + 1]) then redis.call('HDEL', key, met[i]) end
end
if ended(value) or string.sub(value, 1, 1) == 'a' then return 0 end
local created, rest = string.match(value, '^(s%d+) %d+( .*)$')
local touched = math.max(0, now - tonumber(string.sub(created, 2)))
redis.call('HSET', key, field, created .. string.format(' %.0f', touched) .. rest)
return 1
