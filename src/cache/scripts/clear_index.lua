-- Deletes one page of the keys that an index lists.
--
-- KEYS: 1 the index, 2 the index that was put aside, 3 the mark of a clearing.
-- ARGV: 1 the most keys to delete, 2 '1' on the first page, 3 how long the mark stands, in s, 4 how many ms ago the
--   organization was cleared: 0, or more where Redis was away, 5 the length of the keys' prefix, 6 the lifetime of a
--   key without a kind, in ms, then kinds and their lifetimes in turn, needed only where 4 is not 0.
-- Reply: how many keys were deleted, how many entries are left aside.
-- Caller: src/cache/organization/clearing.rs, until nothing is left aside.
--
-- The first page puts the index aside in one step, so that a later write is in a new index and stays. Entries that an
-- earlier clearing left aside go along. A value that was written since the clearing was asked for stays: its age is the
-- lifetime of its kind less its PTTL.

local index, aside, mark = KEYS[1], KEYS[2], KEYS[3]
local age, prefix = tonumber(ARGV[4]), tonumber(ARGV[5])
if ARGV[2] == '1' then
  redis.pcall('SET', mark, '1', 'EX', ARGV[3])
  if redis.call('EXISTS', index) == 1 then
    if redis.call('EXISTS', aside) == 1 then
      local life = math.max(redis.call('PTTL', index), redis.call('PTTL', aside))
      redis.call('ZUNIONSTORE', aside, 2, aside, index, 'AGGREGATE', 'MAX')
      redis.call('UNLINK', index)
      if life > 0 then redis.call('PEXPIRE', aside, life) end
    else
      redis.call('RENAME', index, aside)
    end
  end
end
local lifetimes = {}
if age > 0 then for i = 7, #ARGV, 2 do lifetimes[ARGV[i]] = tonumber(ARGV[i + 1]) end end
local keys = redis.call('ZRANGE', aside, 0, ARGV[1] - 1)
if #keys == 0 then return {0, 0} end
local is_rewritten = redis.call('EXISTS', index) == 1
local old = {}
for _, key in ipairs(keys) do
  local stays = is_rewritten and redis.call('ZSCORE', index, key)
  if not stays and age > 0 then
    local kind = string.match(string.sub(key, prefix + 1), '^[^:]*')
    local left = redis.call('PTTL', key)
    if left > (lifetimes[kind] or tonumber(ARGV[6])) - age then
      redis.call('ZADD', index, redis.call('ZSCORE', aside, key), key)
      if redis.call('PTTL', index) < left then redis.call('PEXPIRE', index, left + 86400000) end
      stays = true
    end
  end
  if not stays then old[#old + 1] = key end
end
local removed = 0
if #old > 0 then removed = redis.call('UNLINK', unpack(old)) end
redis.call('ZREM', aside, unpack(keys))
return {removed, redis.call('ZCARD', aside)}
