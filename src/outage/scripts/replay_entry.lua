-- Replays the write of a cache's entry from the journal.
--
-- KEYS: 1 the entry, 2 its lease, 3 the index, 4 the directory of indexes.
-- ARGV: 1 's' (set) or 'd' (delete), 2 what is left of the lifetime in ms, 3 the value, 4 the index score, 5 the lifetime
--   of an index that would end earlier, 6 what keys of tag records begin with, 7 the versions that a missing record gets,
--   8 how many ms ago the value was set, then the SHA-1 sums of the nonces of older values, or of their bytes.
-- Reply: a list of one number: 1 (done) or 0 (Redis has a value that this process did not know, or a tag has changed).
-- Caller: src/outage/replay_request.rs, one request for an entry.
--
-- Lifetimes of entries are drawn, so they do not tell which value is newer. A delete always counts: too much is made anew
-- rather than too little. The lease goes too, so a factory that began before stores nothing. Versions of zeros are those of
-- tags that nobody could ask for: they become what is there, unless that changed after the value was set. So the bytes of an
-- older value may differ here from what its process knows, and its nonce does not. What is no entry has its bytes alone.

local name, lease, index = KEYS[1], KEYS[2], KEYS[3]
local left, value = tonumber(ARGV[2]), ARGV[3]
local older = {}
for i = 9, #ARGV do older[ARGV[i]] = true end
local there = redis.pcall('GET', name)
if type(there) ~= 'string' then there = false end
local function is_known()
  local nonce = string.sub(there, 1, 2) == '\0\3' and string.sub(there, 4, 11)
  return nonce and older[redis.sha1hex(nonce)] or older[redis.sha1hex(there)]
end
if ARGV[1] == 's' and there and not is_known() then return {0} end
local holder = redis.call('GET', lease)
if holder and string.sub(holder, 1, 1) ~= 'm' then redis.call('UNLINK', lease) end
redis.call('UNLINK', name)
redis.call('ZREM', index, name)
if ARGV[1] == 'd' or left <= 0 then return {1} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count, at, unknown = string.byte(value, 26) or 0, 35, string.rep('\0', 16)
for _ = 1, count do
  local high, low = string.byte(value, at, at + 1)
  local length = (high or 0) * 256 + (low or 0)
  local from = at + 2 + length
  if string.sub(value, from, from + 15) == unknown then
    local key = ARGV[6] .. string.sub(value, at + 2, from - 1)
    local record = redis.call('GET', key)
    if not record then
      record = ARGV[7] .. string.format('%.0f', now)
      redis.call('SET', key, record, 'PX', left + 86400000)
    elseif (tonumber(string.match(record, '^%d+', 17)) or now) >= now - tonumber(ARGV[8]) then
      return {0}
    end
    value = string.sub(value, 1, from - 1) .. string.sub(record, 1, 16) .. string.sub(value, from + 16)
  end
  at = from + 16
end
redis.call('SET', name, value, 'PX', left)
redis.call('ZADD', index, ARGV[4], name)
if redis.call('PTTL', index) < left then
  redis.call('PEXPIRE', index, ARGV[5])
  redis.call('SADD', KEYS[4], index)
  if redis.call('PTTL', KEYS[4]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[4], ARGV[5]) end
end
return {1}
