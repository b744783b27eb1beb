-- Reads an entry, and takes the lease of one that is to be made.
--
-- KEYS: 1 the entry; to delete it as well 2 its lease, 3 the index; to take its lease 2 the lease, 3 the mark of a
--   clearing, then the records of the tags that are known beforehand.
-- ARGV: 1 what keys of tag records begin with (no key is this alone), 2 'r' (read), 'p' (read and delete), 'l' (take the
--   lease) or 'f' (take it over, whatever is there and whoever has it); for a lease 3 the nonce of the entry that the
--   caller saw, 4 the token, 5 how long the lease lasts in ms, 6 the versions that a missing record gets, 7 how long it
--   then lives in ms.
-- Reply: to a read the entry, its PTTL and 1 where a tag was expired, or nothing; with a lease these three (false, -2 and
--   0 where nothing is there), then 0 (a fresh entry is there), 1 (granted), or 'l', 'f' or 'm' for who has it, then its
--   PTTL, the mark, the server's time in ms and the versions of the known tags.
-- Caller: src/entries/plan.rs, for reads that must know lifetime or tags, and for what is missing or stale.
--
-- An entry is one of version 3; other bytes are answered as they are, and count as nothing. Keys of records are computed
-- from the entry and share its slot.

local mode, e, lease, mark = ARGV[2], nil, nil, nil
if mode == 'r' or mode == 'p' then
  e = redis.pcall('GET', KEYS[1])
else
  local values = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
  e, lease, mark = values[1], values[2], values[3]
end
if type(e) ~= 'string' then e = false end
local left, soft, grace, there = -2, 0, 0, false
if e then
  left = redis.call('PTTL', KEYS[1])
  there = #e >= 34 and string.sub(e, 1, 2) == '\0\3'
end
if there then
  local a, b, c, d, f, g = string.byte(e, 16, 21)
  grace = ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + f) * 256 + g
  local count, at, names, seen, is_whole = string.byte(e, 26), 35, {}, {}, true
  for i = 1, count do
    local high, low = string.byte(e, at, at + 1)
    local length = (high or 0) * 256 + (low or 0)
    names[i] = ARGV[1] .. string.sub(e, at + 2, at + 1 + length)
    seen[i] = string.sub(e, at + 2 + length, at + 17 + length)
    at = at + 18 + length
  end
  if count > 0 then
    for i, record in ipairs(redis.call('MGET', unpack(names))) do
      is_whole = is_whole and record
      if not record or string.sub(record, 1, 8) ~= string.sub(seen[i], 1, 8) then
        there = false
      elseif string.sub(record, 9, 16) ~= string.sub(seen[i], 9) then
        soft = 1
      end
    end
    -- A node that takes a slot over answers nothing for a record that has not come yet. It refuses two keys of which it
    -- lacks one, until the slot is whole.
    if not is_whole then redis.call('MGET', KEYS[1], ARGV[1]) end
    if not there then e = false end
  end
end
if mode == 'p' then
  redis.call('UNLINK', KEYS[1])
  lease = redis.call('GET', KEYS[2])
  if lease and string.sub(lease, 1, 1) ~= 'm' then redis.call('UNLINK', KEYS[2]) end
  redis.call('ZREM', KEYS[3], KEYS[1])
end
if mode == 'r' or mode == 'p' then
  if not e then return false end
  return {e, left, soft}
end
if there and mode == 'l' and left > grace and soft == 0 and string.sub(e, 4, 11) ~= ARGV[3] then
  return {e, left, soft, 0}
end
local kind = lease and string.sub(lease, 1, 1)
if kind == 'm' or (mode == 'l' and (kind == 'l' or (kind == 'f' and there))) then
  return {e, left, soft, kind, redis.call('PTTL', KEYS[2])}
end
redis.call('SET', KEYS[2], 'l' .. ARGV[4], 'PX', ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = {e, left, soft, 1, tonumber(ARGV[5]), mark, now}
for i = 4, #KEYS do
  local record = redis.call('GET', KEYS[i])
  if not record then
    record = ARGV[6] .. now
    redis.call('SET', KEYS[i], record, 'PX', ARGV[7])
  end
  reply[#reply + 1] = string.sub(record, 1, 16)
end
return reply
