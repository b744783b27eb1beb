-- Deletes the fields of one organization from a hash of the JavaScript layer.
--
-- KEYS: 1 the hash; a field is organization:phone, split at its last colon, or phone alone.
-- ARGV: 1 the cursor, 2 the organization; left out, fields without an organization are meant.
-- Reply: the next cursor, how many fields were deleted.
-- Caller: src/cache/organization/clearing.rs, until the cursor is 0 again.

local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 1000)
local gone = 0
for i = 1, #page[2], 2 do
  if string.match(page[2][i], '^(.*):[^:]*$') == ARGV[2] then
    gone = gone + redis.call('HDEL', KEYS[1], page[2][i])
  end
end
return {page[1], gone}
