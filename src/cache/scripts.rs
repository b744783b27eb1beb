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

/// Takes up to ARGV[1] keys of an index away, with their entries. KEYS[1] is the index. Answers
/// how many keys there were and how many entries are left.
pub const CLEAR_INDEX: &str = "\
local keys = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1) \
if #keys == 0 then return {0, 0} end \
local removed = redis.call('UNLINK', unpack(keys)) \
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #keys - 1) \
return {removed, redis.call('ZCARD', KEYS[1])}";

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
/// lifetime in ms, its end as index score, the lifetime of an index that would end earlier, and the
/// field where the old place is a hash.
///
/// What is no longer in its old place was cleared or moved since it was read, and stays away; what
/// is newer stays. The writes come first and the removal last: where memory is full, nothing happens.
pub const MOVE_LEGACY: &str = "\
local old, key, index, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4] \
local field = ARGV[5] \
local there \
if field then there = redis.call('HEXISTS', old, field) else there = redis.call('EXISTS', old) end \
if there == 0 or (mark and redis.call('EXISTS', mark) == 1) then return 0 end \
if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) and index then \
  redis.call('ZADD', index, ARGV[3], key) \
  if redis.call('PTTL', index) < tonumber(ARGV[2]) then redis.call('PEXPIRE', index, ARGV[4]) end \
end \
if field then redis.call('HDEL', old, field) else redis.call('UNLINK', old) end \
return 1";
