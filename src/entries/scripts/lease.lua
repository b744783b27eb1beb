-- Prolongs a lease, or gives it up.
--
-- KEYS: 1 the lease, 2 the mark of a clearing.
-- ARGV: 1 the token, 2 the mark when the lease was taken, 3 for how many ms it is prolonged, or 0, 4 for how many ms no
--   factory is to run again, or 0.
-- Reply: 1, or 0 where the token is not the lease's any more or the organization was cleared.
-- Caller: src/entries/plan.rs, while a factory runs and where it fails.
--
-- Where no factory is to run again, the lease still knows its holder, whose factory may end late.
-- A mark that differs ends the lease here: marks live longer than leases, so none is forgotten before it was seen.

if redis.call('GET', KEYS[1]) ~= 'l' .. ARGV[1] then return 0 end
local is_cleared = (redis.call('GET', KEYS[2]) or '') ~= ARGV[2]
if is_cleared or (ARGV[3] == '0' and ARGV[4] == '0') then
  redis.call('UNLINK', KEYS[1])
  return is_cleared and 0 or 1
end
if ARGV[3] ~= '0' then return redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('SET', KEYS[1], 'f' .. ARGV[1], 'PX', ARGV[4])
return 1
