-- Deletes one page of the entries of a cache, or of a namespace of it.
--
-- KEYS: 1 the index, 2 the index that was put aside, 3 the mark of a clearing.
-- ARGV: 1 the most keys of a page, 2 '' on the first page, else what the last page answered, 3 a new mark, 4 how long it
--   stands in ms, 5 what the keys of the namespace begin with, or '' for all.
-- Reply: how many keys were deleted, and '' after the last page, else what the next page is asked with.
-- Caller: src/entries/clearing.rs, until nothing is left.
--
-- The new mark keeps every factory under way from storing what it makes. Of a whole cache the first page puts the index
-- aside in one step, so that a later write is in a new index and stays; what an interrupted clearing left goes along.

local index, aside, from = KEYS[1], KEYS[2], ARGV[2]
if from == '' then redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4]) end
local keys, after = {}, ''
if ARGV[5] ~= '' then
  local page = redis.call('ZSCAN', index, from == '' and '0' or from, 'COUNT', ARGV[1])
  for i = 1, #page[2], 2 do
    if string.sub(page[2][i], 1, #ARGV[5]) == ARGV[5] then keys[#keys + 1] = page[2][i] end
  end
  if page[1] ~= '0' then after = page[1] end
  aside = index
else
  if from == '' and redis.call('EXISTS', index) == 1 then
    if redis.call('EXISTS', aside) == 1 then
      local life = math.max(redis.call('PTTL', index), redis.call('PTTL', aside))
      redis.call('ZUNIONSTORE', aside, 2, aside, index, 'AGGREGATE', 'MAX')
      redis.call('UNLINK', index)
      if life > 0 then redis.call('PEXPIRE', aside, life) end
    else
      redis.call('RENAME', index, aside)
    end
  end
  keys = redis.call('ZRANGE', aside, 0, ARGV[1] - 1)
end
local old = {}
for _, key in ipairs(keys) do
  if aside == index or not redis.call('ZSCORE', index, key) then old[#old + 1] = key end
end
local removed = 0
if #old > 0 then removed = redis.call('UNLINK', unpack(old)) end
if #keys > 0 then redis.call('ZREM', aside, unpack(keys)) end
if aside ~= index and redis.call('EXISTS', aside) == 1 then after = '1' end
return {removed, after}
