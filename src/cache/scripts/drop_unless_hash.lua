-- Deletes a key unless it is a hash.
--
-- KEYS: 1 the key.
-- ARGV: none.
-- Reply: how many keys were deleted.
-- Caller: src/cache/operation/hash_set.rs, where a field was set in a key of another type.
--
-- The type is checked again because two fields may be refused at once. The first of them is in the new hash by then
-- and was acknowledged.

if redis.call('TYPE', KEYS[1]).ok == 'hash' then return 0 end
return redis.call('UNLINK', KEYS[1])
