-- Gives a session another end and another idle time.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 how long the session may live from now on in ms, 3 its idle time in ms (empty: as it is), 4 the slack
--   of touches in ms.
-- Reply: 1 where the session lives, else 0.
-- Caller: src/session/requests.rs, for a longer or a shorter session. It counts as a use.
--
-- Follows at most three aliases. Never creates a field.

local key, field, slack = KEYS[1], ARGV[1], tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local value = redis.call('HGET', key, field)
for _ = 1, 3 do
  local till = value and string.match(value, '^a(%d+)\n')
  if not till then break end
  if now >= tonumber(till) then return 0 end
  field = string.sub(value, string.find(value, '\n') + 1, -17)
  value = redis.call('HGET', key, field)
end
if not value then return 0 end
local created, touched, idle, life, rest = string.match(value, '^s(%d+) (%d+) (%d+) (%d+)( .*)$')
if not created or now >= created + life or now >= created + touched + idle + slack then return 0 end
touched = math.max(0, now - created)
if ARGV[3] ~= '' then idle = ARGV[3] end
redis.call('HSET', key, field, string.format('s%s %.0f %s %.0f', created, touched, idle, touched + ARGV[2]) .. rest)
if redis.call('PTTL', key) < tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
return 1
