-- Deletes one page of what the indexes of an organization list, with the leases of entries; or counts what is left of them.
--
-- KEYS: 1 the index of the organization's values, 2 the directory of its caches' indexes.
-- ARGV: 1 'e' (delete) or 'c' (count), 2 the most keys of a page, 3 the length of the keys' prefix, 4 a new mark, 5 how long
--   marks stand in ms, then further indexes that the caller knows, at last a cursor, which is not used.
-- Reply: '0' after the last page, else '1'; then 'values', 'caches', 'leases' and 'indexes', each with the number of its keys
--   and their bytes; 0 bytes where the server refuses to say.
-- Caller: src/cache/erasing.rs, until nothing is left.
--
-- The marks keep every factory under way from storing what it makes, and old values from being moved. Nothing is put aside:
-- what is written meanwhile goes too.

local erases, left, length = ARGV[1] == 'e', tonumber(ARGV[2]), tonumber(ARGV[3])
local sums = {values = {0, 0}, caches = {0, 0}, leases = {0, 0}, indexes = {0, 0}}
local function take(place, key)
  local size = redis.pcall('MEMORY', 'USAGE', key)
  if redis.call(erases and 'UNLINK' or 'EXISTS', key) == 1 then
    sums[place][1] = sums[place][1] + 1
    if type(size) == 'number' then sums[place][2] = sums[place][2] + size end
  end
end
local indexes, known = {KEYS[1]}, {[KEYS[1]] = true}
local function add(index)
  if not known[index] then
    known[index] = true
    indexes[#indexes + 1] = index
  end
end
for _, index in ipairs(redis.call('SMEMBERS', KEYS[2])) do add(index) end
for i = 6, #ARGV - 1 do add(ARGV[i]) end
for _, index in ipairs(indexes) do
  local prefix, rest = string.sub(index, 1, length), string.sub(index, length + 7)
  if erases then redis.pcall('SET', prefix .. '!cleared' .. rest, ARGV[4], 'PX', ARGV[5]) end
  for _, list in ipairs({prefix .. '!aside' .. rest, index}) do
    local keys = redis.call('ZRANGE', list, 0, left - 1)
    for _, key in ipairs(keys) do
      local is_entry = string.sub(key, length + 1, length + 7) == '!entry:'
      take(is_entry and 'caches' or 'values', key)
      if is_entry then take('leases', prefix .. '!lease' .. string.sub(key, length + 7)) end
    end
    if not erases then
      take('indexes', list)
    elseif #keys > 0 then
      if #keys < left then
        take('indexes', list)
      else
        redis.call('ZREM', list, unpack(keys))
      end
      left = left - #keys
    end
    if left <= 0 then break end
  end
  if left <= 0 then break end
end
if left > 0 then take('indexes', KEYS[2]) end
local reply = {left > 0 and '0' or '1'}
for _, place in ipairs({'values', 'caches', 'leases', 'indexes'}) do
  reply[#reply + 1] = place
  reply[#reply + 1] = sums[place][1]
  reply[#reply + 1] = sums[place][2]
end
return reply
