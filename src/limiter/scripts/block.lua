-- Blocks an identity.
--
-- KEYS: 1 the block.
-- ARGV: 1 how long it lasts, in ms.
-- Reply: 1.
-- Caller: src/limiter/commands.rs, where an application blocks somebody. The newest block counts.
--
-- The end is one of the server's clock, so that no client's clock matters.

local time = redis.call('TIME')
local now, length = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', now + length, length), 'PX', length + 100)
return 1
