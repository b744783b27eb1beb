-- Creates sessions, each of a user, and enters their users into directories.
--
-- KEYS: the sessions of a user for each session that is created, then directories.
-- ARGV: 1 the slack of touches in ms, 2 'e' (the oldest goes) or 'r' (the new one is refused) where a user has all of its
--   sessions, 3 how many sessions are created. Then five for each session: the field, what follows the times of the record,
--   the idle time and the absolute time in ms, how many sessions the user may have (0: any number). Then for each directory:
--   how many users it gets, and for each of them how long its sessions can live in ms, and its tag.
-- Reply: a list: the server's time in ms, then for each session 1 where it is there, 0 where the user has all of its sessions,
--   or a list of the fields of sessions that had to go for it.
-- Caller: src/session/requests.rs, for the sessions of a tick. In a cluster it has one session and no directory.
--
-- A field that is there was made by the same call, so nothing changes. Ended sessions that it meets go: eight at random, or
-- all of them where their number counts. Where sessions had to go, the channel `ended` beside the keys is told the users' tags.

local slack, mode, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local today = string.format('%.0f', now)
local ends = {}

local function enter(key, at)
  local ended = redis.call('ZRANGEBYSCORE', key, '-inf', today, 'LIMIT', 0, 128)
  if #ended > 0 then redis.call('ZREM', key, unpack(ended)) end
  local last, longest, entries = at + 2 * ARGV[at], 0, {}
  for i = at + 1, last, 2 do
    local life = tonumber(ARGV[i])
    ends[life] = ends[life] or string.format('%.0f', now + life)
    longest = math.max(longest, life)
    entries[#entries + 1] = ends[life]
    entries[#entries + 1] = ARGV[i + 1]
  end
  redis.call('ZADD', key, 'GT', unpack(entries))
  -- A little longer than is needed, so that the next ones need not say it again.
  if redis.call('PTTL', key) < longest then redis.call('PEXPIRE', key, math.floor(longest * 65 / 64)) end
  return last + 1
end

-- Ended sessions go. Answers the ones that live: when each was created, and its field.
local function met(key, values)
  local live = {}
  for i = 1, #values, 2 do
    local created, touched, idle, life = string.match(values[i + 1], '^s(%d+) (%d+) (%d+) (%d+) ')
    local till = string.match(values[i + 1], '^a(%d+)\n')
    if created and now < created + life and now < created + touched + idle + slack then
      live[#live + 1] = {tonumber(created), values[i]}
    elseif not till or now >= tonumber(till) then
      redis.call('HDEL', key, values[i])
    end
  end
  return live
end

-- Makes room for a session of a user who has some. Answers nothing where the session is there, false where there is no room.
local function make_room(key, field, most)
  if redis.call('HEXISTS', key, field) == 1 then return nil end
  if most == 0 then
    met(key, redis.call('HRANDFIELD', key, 8, 'WITHVALUES'))
    return {}
  end
  local gone, live = {}, met(key, redis.call('HGETALL', key))
  if #live < most then return gone end
  if mode == 'r' then return false end
  table.sort(live, function(a, b) return a[1] < b[1] end)
  for i = 1, #live - most + 1 do
    redis.call('HDEL', key, live[i][2])
    gone[i] = live[i][2]
  end
  return gone
end

local reply, told, at = {now}, {}, 4 + 5 * count
for i = count + 1, #KEYS do at = enter(KEYS[i], at) end
for i = 1, count do
  local key, first = KEYS[i], 5 * i - 1
  local field, idle, life = ARGV[first], ARGV[first + 2], ARGV[first + 3]
  local size, gone = redis.pcall('HLEN', key), {}
  if type(size) == 'table' then
    redis.call('UNLINK', key)
    size = 0
  end
  if size > 0 then gone = make_room(key, field, tonumber(ARGV[first + 4])) end
  if gone then
    redis.call('HSET', key, field, 's' .. today .. ' 0 ' .. idle .. ' ' .. life .. ' 0 1\n' .. ARGV[first + 1])
    if size == 0 or redis.call('PTTL', key) < tonumber(life) then redis.call('PEXPIRE', key, life) end
  end
  reply[i + 1] = gone == false and 0 or gone and #gone > 0 and gone or 1
  if gone and #gone > 0 then told[#told + 1] = string.match(key, '{([^{}]*)}$') end
end
if #told > 0 then
  -- Whoever watches a session of such a user asks for it again. It hears later where the channel is not allowed.
  redis.pcall('PUBLISH', (string.gsub(KEYS[1], '{[^{}]*}$', 'ended')), table.concat(told, ' '))
end
return reply
