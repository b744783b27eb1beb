-- Ends all sessions of a user.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the server's time in ms when this was done before (0: it may not have been), then the fields that stay, and at the
--   end how many ms ago the call was made (0: now).
-- Reply: a list: 1, the number of fields that have gone, the server's time in ms, 1 where they wait to be deleted under the key
--   that has `gone:` in front of the user's braces.
-- Caller: src/session/requests.rs, also from the journal and after a failover.
--
-- To delete many takes a while: the thread that frees them may take the processor from the one that answers. So they get another
-- name first. The caller deletes them under it; where nobody does, they expire. The commands are the same however many they are.
-- With an age, sessions that were created since the call stay. The channel `ended` beside the key is told the user's tag where
-- something has ended.

local GONE_MS = 1000
local key, known, age = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[#ARGV])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', key) == 0 then return {1, 0, now, 0} end
local kept, count = {}, 0
local function keep(field, value)
  kept[#kept + 1], kept[#kept + 2] = field, value
  count = count + 1
end
for i = 2, #ARGV - 1 do
  local field = ARGV[i]
  for _ = 1, 4 do
    local value = redis.call('HGET', key, field)
    if not value then break end
    keep(field, value)
    if not string.match(value, '^a%d+\n') then break end
    field = string.sub(value, string.find(value, '\n') + 1, -17)
  end
end
if age > 0 then
  local since, all, newer = math.max(known, now - age), redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local created = string.match(all[i + 1], '^s(%d+) ')
    if created and tonumber(created) > since then
      newer[all[i]] = true
      keep(all[i], all[i + 1])
    end
  end
  for i = 1, #all, 2 do
    if string.match(all[i + 1], '^a%d+\n') then
      local successor = string.sub(all[i + 1], string.find(all[i + 1], '\n') + 1, -17)
      if newer[successor] then keep(all[i], all[i + 1]) end
    end
  end
end
local life, had = redis.call('PTTL', key), redis.call('HLEN', key)
local waiting = string.gsub(key, '{[^{}]*}$', 'gone:%0')
-- Sessions that wait there still are freed on the server's other thread. RENAME would free it itself.
redis.pcall('UNLINK', waiting)
local is_waiting = not redis.pcall('RENAME', key, waiting).err
if is_waiting then
  redis.call('PEXPIRE', waiting, GONE_MS)
else
  -- A slot that is moving lets nobody use a key that is not there.
  redis.call('UNLINK', key)
end
if count > 0 then
  for i = 1, #kept, 200 do redis.call('HSET', key, unpack(kept, i, math.min(i + 199, #kept))) end
  redis.call('PEXPIRE', key, math.max(life, 1))
end
local gone = had - redis.call('HLEN', key)
if gone > 0 then
  -- Whoever watches a session of the user asks for it again. It hears later where the channel is not allowed.
  redis.pcall('PUBLISH', (string.gsub(key, '{[^{}]*}$', 'ended')), string.match(key, '{([^{}]*)}$') or '')
end
return {1, gone, now, is_waiting and 1 or 0}
