-- Replaces the data of a session that nobody has changed since it was read.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 the version that was read, 3 the data, 4 the slack of touches in ms.
-- Reply: a list: 1 and the times of the record, where it was replaced; 2 where another version is there; 0 where no session
--   is.
-- Caller: src/session/requests.rs, once for each attempt of an update.
--
-- Follows at most three aliases. Never creates a field.

local key, field, slack = KEYS[1], ARGV[1], tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local value = redis.call('HGET', key, field)
for _ = 1, 3 do
  local till = value and string.match(value, '^a(%d+)\n')
  if not till then break end
  if now >= tonumber(till) then return {0} end
  field = string.sub(value, string.find(value, '\n') + 1, -17)
  value = redis.call('HGET', key, field)
end
if not value then return {0} end
local created, touched, idle, life, proved, version, about =
  string.match(value, '^s(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)\n([^\n]*)\n')
if not created or now >= created + life or now >= created + touched + idle + slack then return {0} end
if version ~= ARGV[2] then return {2} end
local head = string.format('s%s %.0f %s %s %s %.0f\n', created, math.max(0, now - created), idle, life, proved, version + 1)
redis.call('HSET', key, field, head .. about .. '\n' .. ARGV[3])
return {1, head}
