//! The Lua that runs inside Redis, each script one atomic step.
//!
//! They name keys that are not declared (an index lists them), which a single primary allows; see
//! <https://redis.io/docs/latest/develop/programmability/eval-intro/>.

/// Lets an index live at least ARGV[1] ms more. KEYS[1] is the index. A key without a lifetime
/// answers -1 to PTTL, so a new index gets one.
pub const EXTEND_INDEX: &str = "\
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
return 1";

/// Drops up to ARGV[1] index entries whose keys have expired. KEYS[1] is the index; scores are
/// expected ends in ms. An entry whose key is still there gets its true end as score, so a wrong
/// clock of a client can neither lose an entry nor block the front of the index.
pub const TRIM_INDEX: &str = "\
local time = redis.call('TIME') \
local now = time[1] * 1000 + math.floor(time[2] / 1000) \
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]) \
local gone = 0 \
for _, key in ipairs(due) do \
  local left = redis.call('PTTL', key) \
  if left == -2 then \
    gone = gone + redis.call('ZREM', KEYS[1], key) \
  elseif left == -1 then \
    redis.call('ZADD', KEYS[1], 'inf', key) \
  else \
    redis.call('ZADD', KEYS[1], now + left, key) \
  end \
end \
return gone";

/// Takes up to ARGV[1] keys of an index away. KEYS: the index, the place where it is put aside, the
/// mark of a clearing. Answers how many keys went and how many entries are left aside.
///
/// ARGV[2] is '1' on the first page. The index is then put aside in one step, so that what is written from
/// then on is in a new index and stays; what an earlier clearing has left aside goes along. ARGV[3] is how
/// long the mark stands, in s.
///
/// ARGV[4] is how many ms ago the organization was cleared: 0, or more where Redis was away. What was
/// written since stays. A value's age is its kind's lifetime less what is left of it: ARGV[5] is
/// the length of the keys' prefix, ARGV[6] the lifetime of what has no kind, then kinds and lifetimes in turn.
pub const CLEAR_INDEX: &str = "\
local index, aside, mark = KEYS[1], KEYS[2], KEYS[3] \
local age, prefix = tonumber(ARGV[4]), tonumber(ARGV[5]) \
if ARGV[2] == '1' then \
  redis.pcall('SET', mark, '1', 'EX', ARGV[3]) \
  if redis.call('EXISTS', index) == 1 then \
    if redis.call('EXISTS', aside) == 1 then \
      local life = math.max(redis.call('PTTL', index), redis.call('PTTL', aside)) \
      redis.call('ZUNIONSTORE', aside, 2, aside, index, 'AGGREGATE', 'MAX') \
      redis.call('UNLINK', index) \
      if life > 0 then redis.call('PEXPIRE', aside, life) end \
    else \
      redis.call('RENAME', index, aside) \
    end \
  end \
end \
local lifetimes = {} \
if age > 0 then for i = 7, #ARGV, 2 do lifetimes[ARGV[i]] = tonumber(ARGV[i + 1]) end end \
local keys = redis.call('ZRANGE', aside, 0, ARGV[1] - 1) \
if #keys == 0 then return {0, 0} end \
local is_rewritten = redis.call('EXISTS', index) == 1 \
local old = {} \
for _, key in ipairs(keys) do \
  local stays = is_rewritten and redis.call('ZSCORE', index, key) \
  if not stays and age > 0 then \
    local kind = string.match(string.sub(key, prefix + 1), '^[^:]*') \
    local left = redis.call('PTTL', key) \
    if left > (lifetimes[kind] or tonumber(ARGV[6])) - age then \
      redis.call('ZADD', index, redis.call('ZSCORE', aside, key), key) \
      if redis.call('PTTL', index) < left then redis.call('PEXPIRE', index, left + 86400000) end \
      stays = true \
    end \
  end \
  if not stays then old[#old + 1] = key end \
end \
local removed = 0 \
if #old > 0 then removed = redis.call('UNLINK', unpack(old)) end \
redis.call('ZREM', aside, unpack(keys)) \
return {removed, redis.call('ZCARD', aside)}";

/// Replays plain values and deletes. Each has KEYS: its key, and its index where it has one; and ARGV:
/// `s` (set) or `d` (delete), what is left of its life in ms, the value, '1' where there is an index
/// and then its score and its own life, the number of older values and their SHA-1 sums. Answers for
/// each 1 (done), 0 (something newer is there) or the server's refusal.
///
/// What would expire later was written later, so no clock is compared. A value whose sum is among the
/// older ones is one that this process wrote or read before, whatever its lifetime.
pub const REPLAY: &str = "\
local answers, k, a = {}, 0, 0 \
local function key() k = k + 1 return KEYS[k] end \
local function arg() a = a + 1 return ARGV[a] end \
while a < #ARGV do \
  local kind, left, value, name = arg(), tonumber(arg()), arg(), key() \
  local index, score, life \
  if arg() == '1' then index, score, life = key(), arg(), tonumber(arg()) end \
  local older, count = {}, tonumber(arg()) \
  for _ = 1, count do older[arg()] = true end \
  local newer = redis.call('PTTL', name) > left \
  if newer and count > 0 then \
    local there = redis.pcall('GET', name) \
    if type(there) == 'string' and older[redis.sha1hex(there)] then newer = false end \
  end \
  local answer = 1 \
  if newer then \
    answer = 0 \
  elseif kind == 'd' or left <= 0 then \
    redis.call('UNLINK', name) \
  else \
    local done = redis.pcall('SET', name, value, 'PX', left) \
    if done.err then \
      answer = done.err \
    elseif index then \
      redis.call('ZADD', index, score, name) \
      if redis.call('PTTL', index) < left then redis.call('PEXPIRE', index, life) end \
    end \
  end \
  answers[#answers + 1] = answer \
end \
return answers";

/// Replays fields of one hash. KEYS: the hash, and its index where it has one. ARGV: what is left of its
/// life in ms, '1' where nothing else may be in it, the index score and the index's life, the number of
/// older values and their SHA-1 sums, then `s` or `d`, field and value in turn. Answers as `REPLAY`.
///
/// Of a hash that somebody has written to meanwhile, fields that are there and not known stay.
pub const REPLAY_HASH: &str = "\
local name, index, left = KEYS[1], KEYS[2], tonumber(ARGV[1]) \
local older, count = {}, tonumber(ARGV[5]) \
for i = 6, 5 + count do older[ARGV[i]] = true end \
local newer = redis.call('PTTL', name) > left \
local kind = redis.call('TYPE', name).ok \
if kind ~= 'none' and kind ~= 'hash' then \
  if newer then return {0} end \
  redis.call('UNLINK', name) \
elseif ARGV[2] == '1' and not newer then \
  redis.call('UNLINK', name) \
end \
local done = 0 \
for i = 6 + count, #ARGV, 3 do \
  local field, there = ARGV[i + 1], redis.call('HGET', name, ARGV[i + 1]) \
  if not (newer and there and not older[redis.sha1hex(there)]) then \
    if ARGV[i] == 'd' then \
      redis.call('HDEL', name, field) \
    elseif left > 0 then \
      redis.call('HSET', name, field, ARGV[i + 2]) \
    end \
    done = 1 \
  end \
end \
if left > 0 and redis.call('EXISTS', name) == 1 then \
  if not newer then redis.call('PEXPIRE', name, left) end \
  if index then \
    redis.call('ZADD', index, ARGV[3], name) \
    local life = redis.call('PTTL', name) \
    if redis.call('PTTL', index) < life then redis.call('PEXPIRE', index, math.max(life, tonumber(ARGV[4]))) end \
  end \
end \
return {done}";

/// Takes KEYS[1] away unless it is a hash. It looks again because of two fields that were refused at
/// once: the first may be in the new hash already, and was acknowledged.
pub const DROP_UNLESS_HASH: &str = "\
if redis.call('TYPE', KEYS[1]).ok == 'hash' then return 0 end \
return redis.call('UNLINK', KEYS[1])";

/// Takes an organization's fields out of a hash of the JavaScript layer. KEYS[1] is the hash,
/// ARGV[1] the cursor, ARGV[2] the organization. A field is `organization:phone`, split at its
/// last colon. Answers the next cursor and how many fields went.
pub const CLEAR_LEGACY_HASH: &str = "\
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 1000) \
local gone = 0 \
for i = 1, #page[2], 2 do \
  if string.match(page[2][i], '^(.*):[^:]*$') == ARGV[2] then \
    gone = gone + redis.call('HDEL', KEYS[1], page[2][i]) \
  end \
end \
return {page[1], gone}";

/// Moves a value of the JavaScript layer. KEYS: its old place, its new key, and where it belongs to an
/// organization the index and the mark of a clearing. ARGV: the stored value, its
/// lifetime in ms, its end as index score, the lifetime of an index that would end earlier, 1 where the old value
/// stays, and the field where the old place is a hash.
///
/// What is no longer in its old place was cleared or moved since it was read, and stays away; what
/// is newer stays. The writes come first and the removal last: where memory is full, nothing happens.
pub const MOVE_LEGACY: &str = "\
local old, key, index, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4] \
local field = ARGV[6] \
local there \
if field then there = redis.call('HEXISTS', old, field) else there = redis.call('EXISTS', old) end \
if there == 0 or (mark and redis.call('EXISTS', mark) == 1) then return 0 end \
if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) and index then \
  redis.call('ZADD', index, ARGV[3], key) \
  if redis.call('PTTL', index) < tonumber(ARGV[2]) then redis.call('PEXPIRE', index, ARGV[4]) end \
end \
if ARGV[5] == '1' then return 1 end \
if field then redis.call('HDEL', old, field) else redis.call('UNLINK', old) end \
return 1";
