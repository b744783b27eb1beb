-- Lets an index live at least as long as a value that it lists.
--
-- KEYS: 1 the index.
-- ARGV: 1 the shortest lifetime, in ms.
-- Reply: 1.
-- Caller: src/cache/organization/index.rs, after a write whose index ends before its value; the write is acknowledged after this.
--
-- PTTL answers -1 where a key has no lifetime, so a new index gets one.

if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1
