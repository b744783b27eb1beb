-- Gives tags new versions.
--
-- KEYS: the records of the tags.
-- ARGV: 1 'h' (entries never answer again) or 's' (entries are stale), 2 the new version, 3 how long a record lives that
--   is made here, in ms.
-- Reply: how many records there are.
-- Caller: src/entries/plan.rs, for invalidateTags and expireTags.
--
-- A record is the hard version, the soft version, the server's time of its change in ms, and the tokens of guarded
-- changes, each behind a space. A tag without a record gets one: a write that an outage delayed sees by its time that the
-- tag has changed.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, key in ipairs(KEYS) do
  local record = redis.call('GET', key)
  local hard, tokens, life = ARGV[2], '', ARGV[3]
  if record then
    if ARGV[1] == 's' then hard = string.sub(record, 1, 8) end
    tokens = string.match(record, ' .*$', 17) or ''
    life = math.max(1, redis.call('PTTL', key))
  end
  redis.call('SET', key, hard .. ARGV[2] .. now .. tokens, 'PX', life)
end
return #KEYS
