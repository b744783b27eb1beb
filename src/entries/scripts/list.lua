-- Lists the keys of a page of an index whose entries are fresh.
--
-- KEYS: 1 the index.
-- ARGV: 1 the cursor, 2 about how many keys a page has, 3 what the keys begin with, 4 what keys of tag records begin with.
-- Reply: the next cursor, then the keys.
-- Caller: src/entries/plan.rs, until the cursor is 0 again.
--
-- A key may come twice, and entries that change meanwhile may or may not be listed, as with ZSCAN.

local function is_fresh(key)
  local head = redis.pcall('GETRANGE', key, 0, 1023)
  if type(head) ~= 'string' or #head < 34 or string.sub(head, 1, 2) ~= '\0\3' then return false end
  local a, b, c, d, e, f = string.byte(head, 16, 21)
  local grace = ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
  local is_absent = math.floor(string.byte(head, 3) / 2) % 2 == 1
  if is_absent or redis.call('PTTL', key) <= grace then return false end
  local count, at, names, seen = string.byte(head, 26), 35, {}, {}
  if count == 0 then return true end
  a, b, c, d = string.byte(head, 22, 25)
  local body = ((a * 256 + b) * 256 + c) * 256 + d
  if body > #head then head = redis.call('GETRANGE', key, 0, body - 1) end
  for i = 1, count do
    local high, low = string.byte(head, at, at + 1)
    local length = (high or 0) * 256 + (low or 0)
    names[i] = ARGV[4] .. string.sub(head, at + 2, at + 1 + length)
    seen[i] = string.sub(head, at + 2 + length, at + 17 + length)
    at = at + 18 + length
  end
  for i, record in ipairs(redis.call('MGET', unpack(names))) do
    if not record or string.sub(record, 1, 16) ~= seen[i] then return false end
  end
  return true
end

local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local reply = {page[1]}
for i = 1, #page[2], 2 do
  local key = page[2][i]
  if string.sub(key, 1, #ARGV[3]) == ARGV[3] and is_fresh(key) then reply[#reply + 1] = key end
end
return reply
