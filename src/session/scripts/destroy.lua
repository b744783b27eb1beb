-- Ends sessions, each of a user; behind an alias, its successor too.
--
-- KEYS: the sessions of a user for each session that ends.
-- ARGV: the field of each of them, and at the end how many ms ago the call was made. A session that was ended stays so,
--   whatever came since.
-- Reply: a list: for each session the number of fields that were there.
-- Caller: src/session/requests.rs, for the ends of a tick, from the journal and after a failover. In a cluster it has one.
--
-- The channel `ended` beside the keys is told the tags of users of whom something has ended.

local reply, told = {}, {}
for i, key in ipairs(KEYS) do
  local field, gone = ARGV[i], 0
  for _ = 1, 4 do
    local value = redis.call('HGET', key, field)
    if not value then break end
    gone = gone + redis.call('HDEL', key, field)
    if not string.match(value, '^a%d+\n') then break end
    field = string.sub(value, string.find(value, '\n') + 1, -17)
  end
  reply[i] = gone
  if gone > 0 then told[#told + 1] = string.match(key, '{([^{}]*)}$') end
end
if #told > 0 then
  -- Whoever watches a session of such a user asks for it again. It hears later where the channel is not allowed.
  redis.pcall('PUBLISH', (string.gsub(KEYS[1], '{[^{}]*}$', 'ended')), table.concat(told, ' '))
end
return reply
