-- Replays fields of one hash from the journal.
--
-- KEYS: 1 the hash, 2 its index, where it has one.
-- ARGV: 1 what is left of the lifetime, in ms, 2 '1' where the hash has no other fields, 3 the index score, 4 the
--   lifetime of an index that would end earlier, 5 the number of older values, then their SHA-1 sums, then 's' (set) or
--   'd' (delete), field and value in turn.
-- Reply: a list of one number: 1 (done) or 0 (Redis has newer values).
-- Caller: src/outage/replay_request.rs, one request for a hash.
--
-- If another client has written to the hash since, its fields stay unless their values are known to be older.

local name, index, left = KEYS[1], KEYS[2], tonumber(ARGV[1])
local older, count = {}, tonumber(ARGV[5])
for i = 6, 5 + count do older[ARGV[i]] = true end
local newer = redis.call('PTTL', name) > left
local kind = redis.call('TYPE', name).ok
if kind ~= 'none' and kind ~= 'hash' then
  if newer then return {0} end
  redis.call('UNLINK', name)
elseif ARGV[2] == '1' and not newer then
  redis.call('UNLINK', name)
end
local done = 0
for i = 6 + count, #ARGV, 3 do
  local field, there = ARGV[i + 1], redis.call('HGET', name, ARGV[i + 1])
  if not (newer and there and not older[redis.sha1hex(there)]) then
    if ARGV[i] == 'd' then
      redis.call('HDEL', name, field)
    elseif left > 0 then
      redis.call('HSET', name, field, ARGV[i + 2])
    end
    done = 1
  end
end
if left > 0 and redis.call('EXISTS', name) == 1 then
  if not newer then redis.call('PEXPIRE', name, left) end
  if index then
    redis.call('ZADD', index, ARGV[3], name)
    local life = redis.call('PTTL', name)
    if redis.call('PTTL', index) < life then redis.call('PEXPIRE', index, math.max(life, tonumber(ARGV[4]))) end
  end
end
return {done}
