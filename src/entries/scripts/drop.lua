-- Deletes an entry, or lets it be stale from now on.
--
-- KEYS: 1 the entry, 2 its lease, 3 the index.
-- ARGV: 1 'd' (delete) or 'e' (stale, kept for its grace).
-- Reply: 1 where there was one, else 0.
-- Caller: src/entries/plan.rs, for delete and expire.
--
-- The lease goes too, so a factory that began before stores nothing. A guarded change keeps its guard.

local lease = redis.call('GET', KEYS[2])
if lease and string.sub(lease, 1, 1) ~= 'm' then redis.call('UNLINK', KEYS[2]) end
local grace = 0
if ARGV[1] == 'e' then
  local head = redis.pcall('GETRANGE', KEYS[1], 0, 33)
  if type(head) == 'string' and #head == 34 and string.sub(head, 1, 2) == '\0\3' then
    local a, b, c, d, e, f = string.byte(head, 16, 21)
    grace = ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
  end
end
if grace == 0 then
  redis.call('ZREM', KEYS[3], KEYS[1])
  return redis.call('UNLINK', KEYS[1])
end
if redis.call('PTTL', KEYS[1]) > grace then
  redis.call('PEXPIRE', KEYS[1], grace)
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], 'XX', time[1] * 1000 + math.floor(time[2] / 1000) + grace, KEYS[1])
end
return 1
