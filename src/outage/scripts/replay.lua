-- Replays plain values and deletes from the journal.
--
-- KEYS: for each operation its key, and the index where the value belongs to one.
-- ARGV: for each operation 's' (set) or 'd' (delete), what is left of the lifetime in ms, the value; '1', the index
--   score and the lifetime of an index that would end earlier, or '0' without an index; the number of older values,
--   their SHA-1 sums.
-- Reply: for each operation 1 (done), 0 (Redis has a newer value) or the text of the server's refusal.
-- Caller: src/outage/replay_request.rs, one request for a batch of entries.
--
-- A value that would expire later was written later, so no clocks are compared. A value whose sum is given as older is
-- one that this process wrote or read before, whatever its lifetime.

local answers, k, a = {}, 0, 0
local function key() k = k + 1 return KEYS[k] end
local function arg() a = a + 1 return ARGV[a] end
while a < #ARGV do
  local kind, left, value, name = arg(), tonumber(arg()), arg(), key()
  local index, score, life
  if arg() == '1' then index, score, life = key(), arg(), tonumber(arg()) end
  local older, count = {}, tonumber(arg())
  for _ = 1, count do older[arg()] = true end
  local newer = redis.call('PTTL', name) > left
  if newer and count > 0 then
    local there = redis.pcall('GET', name)
    if type(there) == 'string' and older[redis.sha1hex(there)] then newer = false end
  end
  local answer = 1
  if newer then
    answer = 0
  elseif kind == 'd' or left <= 0 then
    redis.call('UNLINK', name)
  else
    local done = redis.pcall('SET', name, value, 'PX', left)
    if done.err then
      answer = done.err
    elseif index then
      redis.call('ZADD', index, score, name)
      if redis.call('PTTL', index) < left then redis.call('PEXPIRE', index, life) end
    end
  end
  answers[#answers + 1] = answer
end
return answers
