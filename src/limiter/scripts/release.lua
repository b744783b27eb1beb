-- Ends a lease: what it holds is free.
--
-- KEYS: the zsets of leases of identifiers that the lease is about.
-- ARGV: 1 the name of the lease. Then for each key the length of its lease in ms, and its cost.
-- Reply: how many units of cost were there.
-- Caller: src/limiter/commands.rs, when the work is done.
--
-- src/limiter/scripts/consume.lua describes the members.

local removed = 0
for i = 1, #KEYS do
  local name = ARGV[1] .. ':' .. ARGV[2 * i]
  removed = removed + redis.call('ZREM', KEYS[i], name)
  for unit = 2, tonumber(ARGV[2 * i + 1]) do
    removed = removed + redis.call('ZREM', KEYS[i], string.format('%s:%d', name, unit))
  end
end
return removed
