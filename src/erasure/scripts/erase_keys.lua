-- Deletes keys, or counts those that are there.
--
-- KEYS: the keys.
-- ARGV: 1 'e' (delete) or 'c' (count), 2 the name of the place that has them, 3 a cursor, which is not used.
-- Reply: '0', then the name of the place, how many keys there were, and their bytes; 0 bytes where the server refuses to say.
-- Caller: src/erasure/sweep.rs, for keys that a scan has found.

local count, bytes = 0, 0
for _, key in ipairs(KEYS) do
  local size = redis.pcall('MEMORY', 'USAGE', key)
  if redis.call(ARGV[1] == 'e' and 'UNLINK' or 'EXISTS', key) == 1 then
    count = count + 1
    if type(size) == 'number' then bytes = bytes + size end
  end
end
return {'0', ARGV[2], count, bytes}
