-- Replays an invalidation of a tag from the journal.
--
-- KEYS: 1 the record of the tag.
-- ARGV: 1 the record as it is in the journal, 2 how long a record lives that is made here, in ms.
-- Reply: a list of one number: 1.
-- Caller: src/outage/replay_request.rs, one request for a tag.
--
-- It always counts: too much is made anew rather than too little. A hard version of zeros is one that nobody knew; the one
-- that is there stays.

local record = redis.call('GET', KEYS[1])
local hard, soft = string.sub(ARGV[1], 1, 8), string.sub(ARGV[1], 9, 16)
local tokens, life = '', ARGV[2]
if record then
  if hard == string.rep('\0', 8) then hard = string.sub(record, 1, 8) end
  tokens = string.match(record, ' .*$', 17) or ''
  life = math.max(1, redis.call('PTTL', KEYS[1]))
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[1], hard .. soft .. now .. tokens, 'PX', life)
return {1}
