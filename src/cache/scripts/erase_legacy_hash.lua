-- Deletes the fields of one organization from a page of a hash of the JavaScript layer, or counts them.
--
-- KEYS: 1 the hash; a field is organization:phone, split at its last colon.
-- ARGV: 1 'e' (delete) or 'c' (count), 2 the organization, 3 the cursor.
-- Reply: the next cursor, 'legacy', how many fields there were, and their bytes.
-- Caller: src/cache/erasing.rs, until the cursor is 0 again.

local page = redis.call('HSCAN', KEYS[1], ARGV[3], 'COUNT', 1000)
local count, bytes = 0, 0
for i = 1, #page[2], 2 do
  local field = page[2][i]
  if string.match(field, '^(.*):[^:]*$') == ARGV[2] then
    count = count + 1
    bytes = bytes + #field + #page[2][i + 1]
    if ARGV[1] == 'e' then redis.call('HDEL', KEYS[1], field) end
  end
end
return {page[1], 'legacy', count, bytes}
