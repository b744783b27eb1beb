-- Lists sessions of a user.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the cursor, 2 the slack of touches in ms, 3 '1' where records have their data.
-- Reply: a list: the next cursor, then field and record of each session that lives, the record without its data if that is
--   not asked for.
-- Caller: src/session/requests.rs, once for each page.

local slack = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
local reply, all = {page[1]}, page[2]
for i = 1, #all, 2 do
  local created, touched, idle, life = string.match(all[i + 1], '^s(%d+) (%d+) (%d+) (%d+) ')
  if created and now < created + life and now < created + touched + idle + slack then
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = ARGV[3] == '1' and all[i + 1] or string.match(all[i + 1], '^[^\n]*\n[^\n]*\n')
  end
end
return reply
