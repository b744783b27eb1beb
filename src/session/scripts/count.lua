-- Counts the sessions of a user.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the slack of touches in ms, 2 '1' where those that have ended go.
-- Reply: a list: how many live, how many have ended.
-- Caller: src/session/requests.rs, once for each user that a directory names.
--
-- An alias is no session; one that has ended goes too.

local key, slack, live, ended = KEYS[1], tonumber(ARGV[1]), 0, 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local created, touched, idle, life = string.match(all[i + 1], '^s(%d+) (%d+) (%d+) (%d+) ')
  local till = string.match(all[i + 1], '^a(%d+)\n')
  if created and now < created + life and now < created + touched + idle + slack then
    live = live + 1
  elseif not till or now >= tonumber(till) then
    if created then ended = ended + 1 end
    if ARGV[2] == '1' then redis.call('HDEL', key, all[i]) end
  end
end
return {live, ended}
