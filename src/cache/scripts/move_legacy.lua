-- Moves a value of the JavaScript layer to its new key.
--
-- KEYS: 1 the old key, 2 the new key; where the value belongs to an organization 3 the index, 4 the mark of a clearing.
-- ARGV: 1 the stored value, 2 its lifetime in ms, 3 its end as index score, 4 the lifetime of an index that would end
--   earlier, 5 '1' where the old value stays, 6 the field, where the old key is a hash.
-- Reply: 1, or 0 where nothing was moved.
-- Caller: src/cache/legacy/place.rs, after a read has found the value in its old place.
--
-- A value that has left its old place was cleared or moved since it was read, and is not written. A newer value at the
-- new key stays. The removal comes last: where memory is full, nothing happens.

local old, key, index, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local field = ARGV[6]
local there
if field then there = redis.call('HEXISTS', old, field) else there = redis.call('EXISTS', old) end
if there == 0 or (mark and redis.call('EXISTS', mark) == 1) then return 0 end
if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) and index then
  redis.call('ZADD', index, ARGV[3], key)
  if redis.call('PTTL', index) < tonumber(ARGV[2]) then redis.call('PEXPIRE', index, ARGV[4]) end
end
if ARGV[5] == '1' then return 1 end
if field then redis.call('HDEL', old, field) else redis.call('UNLINK', old) end
return 1
