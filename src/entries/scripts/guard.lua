-- Guards a change of what entries are made from: keys and tags are in doubt until it has ended.
--
-- KEYS: 1 the index, then the records of the tags, then for each key the entry and its lease.
-- ARGV: 1 'b' (begin), 'r' (renew) or 'e' (end), 2 the token of the change, 3 the number of tags, 4 how long a guard lasts
--   in ms, 5 new versions, 6 how long a record lives after the end, in ms.
-- Reply: 1.
-- Caller: src/entries/plan.rs, around a change, and while it runs.
--
-- Records and leases hold the tokens of all changes under way, each behind a space. They end with their process: a record
-- that has ended makes misses, a lease that has ended lets a factory run. The end gives tags new versions and deletes the
-- entries, whoever else is still at it.

local mode, token, tags, life = ARGV[1], ' ' .. ARGV[2], tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local function joined(tokens)
  if mode == 'e' then return (string.gsub(tokens, token, '')) end
  if string.find(tokens, token, 1, true) then return tokens end
  return tokens .. token
end
for i = 2, 1 + tags do
  local record = redis.call('GET', KEYS[i])
  local versions, tokens = ARGV[5] .. now, joined(record and string.match(record, ' .*$', 17) or '')
  -- Versions are any bytes, blanks among them.
  if record and mode ~= 'e' then versions = string.sub(record, 1, 16) .. string.match(record, '^[^ ]*', 17) end
  redis.call('SET', KEYS[i], versions .. tokens, 'PX', tokens == '' and ARGV[6] or life)
end
for i = 2 + tags, #KEYS, 2 do
  local lease = redis.call('GET', KEYS[i + 1])
  local tokens = joined(lease and string.match(lease, '^m(.*)$') or '')
  if tokens == '' then
    redis.call('UNLINK', KEYS[i + 1])
  else
    redis.call('SET', KEYS[i + 1], 'm' .. tokens, 'PX', life)
  end
  if mode ~= 'r' then
    redis.call('UNLINK', KEYS[i])
    redis.call('ZREM', KEYS[1], KEYS[i])
  end
end
return 1
