-- Stores an entry: for a caller, or for the holder of its lease.
--
-- KEYS: 1 the entry, 2 its lease, 3 the index, 4 the directory of indexes, 5 the mark of a clearing, then the records of
--   the entry's tags.
-- ARGV: 1 the entry, 2 its lifetime in ms, 3 the token of the lease or '' for a caller's set, 4 the mark when the lease
--   was taken, 5 the server's time then, 6 the nonce of the entry whose payload stays or '', 7 the most entries of the
--   index or -1, 8 '1' where the entries that end next make room, 9 the versions that a missing record gets, 10 how much
--   longer than the entry indexes and records live, 11 the caller's time in ms, 12 '1' where the index is trimmed too,
--   then for each tag 0, or where in the entry its versions go.
-- Reply: 1 (stored) and the versions that were put in, 0 (the lease or the mark has changed), 2 (a tag has changed since the lease was taken, or is new),
--   3 (there is no room) with the number of entries, 5 (the payload that was to stay has gone).
-- Caller: src/entries/plan.rs, for set and for what a factory made.
--
-- While a change is guarded (lease 'm...') a caller's set lives no longer than the guard: where its process dies, what it
-- wrote is soon a miss. Until then it is fresh, so it has no grace. The server's time is asked for only where tags, a quota or trimming need it: a score is a hint,
-- and what trims asks whether the key is there.

local most, now = tonumber(ARGV[7]), tonumber(ARGV[11])
if most >= 0 or #KEYS > 5 or ARGV[12] == '1' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local entry, px, token = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local lease, mark
if token == '' then
  lease = redis.call('GET', KEYS[2])
else
  local values = redis.call('MGET', KEYS[2], KEYS[5])
  lease, mark = values[1], values[2]
end
local frees = lease
if token ~= '' then
  if lease ~= 'l' .. token and lease ~= 'f' .. token then return {0} end
  if (mark or '') ~= ARGV[4] then
    redis.call('UNLINK', KEYS[2])
    return {0}
  end
elseif lease and string.sub(lease, 1, 1) == 'm' then
  local guarded = math.max(1, redis.call('PTTL', KEYS[2]))
  if guarded < px then
    px = guarded
    entry = string.sub(entry, 1, 15) .. string.rep('\0', 6) .. string.sub(entry, 22)
  end
  frees = false
end
local old
if ARGV[6] ~= '' then
  old = redis.call('GET', KEYS[1])
  if not old or #old < 34 or string.sub(old, 4, 11) ~= ARGV[6] then return {5} end
end
local life, is_late, reply = px + ARGV[10], false, {1}
for i = 6, #KEYS do
  local record, at = redis.call('GET', KEYS[i]), tonumber(ARGV[i + 7])
  if not record then
    record = ARGV[9] .. now
    redis.call('SET', KEYS[i], record, 'PX', life)
  elseif not string.find(record, ' ', 17, true) and redis.call('PTTL', KEYS[i]) < life - ARGV[10] / 2 then
    redis.call('PEXPIRE', KEYS[i], life)
  end
  if at > 0 then
    local changed = tonumber(string.match(record, '^%d+', 17)) or now
    if token ~= '' and changed >= tonumber(ARGV[5]) then is_late = true end
    reply[#reply + 1] = string.sub(record, 1, 16)
    entry = string.sub(entry, 1, at) .. string.sub(record, 1, 16) .. string.sub(entry, at + 17)
  end
end
if is_late then
  redis.call('UNLINK', KEYS[2])
  return {2}
end
if most >= 0 and redis.call('EXISTS', KEYS[1]) == 0 then
  local used = redis.call('ZCOUNT', KEYS[3], now, '+inf')
  if most == 0 or (used >= most and ARGV[8] ~= '1') then
    if token ~= '' then redis.call('UNLINK', KEYS[2]) end
    return {3, used}
  end
  if used >= most then
    local out = redis.call('ZRANGEBYSCORE', KEYS[3], now, '+inf', 'LIMIT', 0, math.min(used - most + 1, 1000))
    redis.call('UNLINK', unpack(out))
    redis.call('ZREM', KEYS[3], unpack(out))
  end
end
if old then
  local a, b, c, d = string.byte(old, 22, 25)
  local body = ((a * 256 + b) * 256 + c) * 256 + d
  entry = string.sub(entry, 1, 2) .. string.sub(old, 3, 3) .. string.sub(entry, 4) .. string.sub(old, body + 1)
end
redis.call('SET', KEYS[1], entry, 'PX', px)
redis.call('ZADD', KEYS[3], now + px, KEYS[1])
if redis.call('PTTL', KEYS[3]) < px then
  redis.call('PEXPIRE', KEYS[3], life)
  redis.call('SADD', KEYS[4], KEYS[3])
  if redis.call('PTTL', KEYS[4]) < life then redis.call('PEXPIRE', KEYS[4], life) end
end
if ARGV[12] == '1' then
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - 1, 'LIMIT', 0, 64)) do
    local left = redis.call('PTTL', key)
    if left == -2 then
      redis.call('ZREM', KEYS[3], key)
    else
      redis.call('ZADD', KEYS[3], left == -1 and '+inf' or now + left, key)
    end
  end
end
if frees then redis.call('UNLINK', KEYS[2]) end
return reply
