-- Ends a session; behind an alias, its successor too.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 how many ms ago the call was made. A session that was ended stays so, whatever came since.
-- Reply: a list of 1 and the number of fields that were there.
-- Caller: src/session/requests.rs, also from the journal and after a failover.
--
-- The channel `ended` beside the key is told the user's tag where something has ended.

local key, field, gone = KEYS[1], ARGV[1], 0
for _ = 1, 4 do
  local value = redis.call('HGET', key, field)
  if not value then break end
  gone = gone + redis.call('HDEL', key, field)
  if not string.match(value, '^a%d+\n') then break end
  field = string.sub(value, string.find(value, '\n') + 1, -17)
end
if gone > 0 then
  -- Whoever watches a session of the user asks for it again. It hears later where the channel is not allowed.
  redis.pcall('PUBLISH', (string.gsub(key, '{[^{}]*}$', 'ended')), string.match(key, '{([^{}]*)}$') or '')
end
return {1, gone}
