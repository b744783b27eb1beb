-- What every script of a queue begins with: its keys' start, the time, and the steps that several scripts take.
--
-- KEYS: 1 the queue's hash `meta`, whose name without `meta` begins all keys of the queue. They are in one slot.
-- ARGV: 1 the time in ms since 1970, which tests give; empty for the server's own time.
-- Reply: none of its own.
-- Caller: src/queue/scripts.rs, in front of each other script.

local T = string.sub(KEYS[1], 1, -5)
local META, RING, PARKED, ORGS, LEASE = KEYS[1], T .. 'ring', T .. 'parked', T .. 'orgs', T .. 'lease'
local DELAYED, DONE, DEAD, RES, SENT = T .. 'delayed', T .. 'done', T .. 'dead', T .. 'res', T .. 'sent'
local STAT = T .. 'stat'
local EV, LISTEN = T .. 'ev', T .. 'listen'
local call = redis.call
local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function digits(number)
  return string.format('%.0f', number)
end

local function count(field, by)
  if by ~= 0 then call('HINCRBY', META, field, by) end
end

-- Many arguments go in pages: Lua's stack holds 8,000.
local function many(command, key, list)
  local done = 0
  for from = 1, #list, 4000 do
    done = done + call(command, key, unpack(list, from, math.min(from + 3999, #list)))
  end
  return done
end

-- The organization of a record, escaped as in keys.
local function org_of(record)
  return string.match(record, '^[^\n]*\n{"g":"([^"]*)"') or ''
end

-- The mark of idempotency that ends with the job; nil where it has none.
local function until_done(record)
  return string.match(record, '^[^\n]*\n{"g":"[^"]*","u":"(%x+)"')
end

local function free_mark(id, mark)
  if not mark or mark == '' then return end
  local held = call('GET', T .. 'idem:' .. mark)
  if held and string.match(held, '^(%S+)') == id then call('DEL', T .. 'idem:' .. mark) end
end

-- Enters an organization that has ready work into the ring, not before the least time there.
local function enter(org, own)
  if call('ZSCORE', PARKED, org) then return end
  local first = call('ZRANGE', RING, 0, 0, 'WITHSCORES')
  local least = tonumber(first[2] or call('HGET', META, 'vt') or 0)
  if own and own > least then least = own end
  call('ZADD', RING, 'NX', string.format('%.17g', least), org)
end

-- The same for several organizations, none of which brings a time of its own.
local function enter_all(orgs)
  if #orgs == 0 then return end
  local parked = call('EXISTS', PARKED) == 1 and call('ZMSCORE', PARKED, unpack(orgs)) or {}
  local first = call('ZRANGE', RING, 0, 0, 'WITHSCORES')
  local least = string.format('%.17g', tonumber(first[2] or call('HGET', META, 'vt') or 0))
  local entries = {}
  for at, org in ipairs(orgs) do
    if not parked[at] then
      entries[#entries + 1] = least
      entries[#entries + 1] = org
    end
  end
  if #entries > 0 then call('ZADD', RING, 'NX', unpack(entries)) end
end

-- Puts jobs of one organization into its list, in their order: behind all others of their priority, or in front of them.
local function put_ready(org, ids, priority, is_front)
  if priority == 0 then
    if is_front then
      local turned = {}
      for at = #ids, 1, -1 do turned[#turned + 1] = ids[at] end
      many('LPUSH', T .. 'g:' .. org, turned)
    else
      many('RPUSH', T .. 'g:' .. org, ids)
    end
  else
    local last = call('HINCRBY', META, 'seq', #ids)
    local members = {}
    for at, id in ipairs(ids) do
      local place = last - #ids + at
      if is_front then place = -(last - at + 1) end
      members[#members + 1] = digits(-priority)
      members[#members + 1] = string.format('%016.0f', 5e15 + place) .. ':' .. id
    end
    call('ZADD', T .. 'p:' .. org, unpack(members))
  end
end

-- Makes jobs of one organization ready.
local function make_ready(org, ids, priority, is_front)
  put_ready(org, ids, priority, is_front)
  count('ready', #ids)
  enter(org)
end

local function priority_of(header)
  return tonumber(string.match(header, ' p([+-]%d+) ')) or 0
end

-- The number of the attempt that a job is in.
local function attempt_of(header)
  return (tonumber(string.match(header, ' a(%d%d)/')) or 0) + 1
end

-- When the queue's own limit lets a job begin; nil where it does not hold one up.
local function held_till(hold, most, period, rate)
  if hold then return tonumber(hold) end
  local began, used = string.match(rate or '', '^(%d+) (%d+)$')
  if began and tonumber(used) >= (tonumber(most) or math.huge) then return tonumber(began) + tonumber(period) end
end

-- Jobs that are ready, ms until something is due (-1: nothing is), and 1 where the queue is paused.
local function hints()
  local held = call('HMGET', META, 'ready', 'paused', 'hold', 'rmax', 'rper', 'rate')
  local due = held_till(held[3], held[4], held[5], held[6])
  for _, key in ipairs({ DELAYED, PARKED }) do
    local first = call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    if first and first ~= 'inf' and (not due or tonumber(first) < due) then due = tonumber(first) end
  end
  return tonumber(held[1] or 0), due and math.ceil(math.max(0, due - now)) or -1, held[2] and 1 or 0
end

-- Removes everything that is known of these jobs.
local function forget(ids)
  local keys, fields = {}, {}
  for _, id in ipairs(ids) do
    keys[#keys + 1] = T .. 'j:' .. id
    keys[#keys + 1] = T .. 'log:' .. id
    fields[#fields + 1] = id
    fields[#fields + 1] = 'p:' .. id
  end
  if #ids > 0 then
    call('UNLINK', unpack(keys))
    call('HDEL', RES, unpack(fields))
  end
end

-- The entries of `done` and `dead` name bytes, so that what is kept is bounded without a look at outcomes.
local function done_entry(id, time, bytes)
  return id .. ':' .. time .. ':' .. bytes
end

local function dead_entry(id, bytes)
  return id .. ':' .. bytes
end

-- Removes ended jobs beyond what is kept, the oldest first, at most `most` of them.
local function trim(is_dead, most, max_count, max_age, max_bytes)
  local key, field = is_dead and DEAD or DONE, is_dead and 'bdead' or 'bdone'
  local kept = call(is_dead and 'ZCARD' or 'LLEN', key)
  local bytes = tonumber(call('HGET', META, field) or 0)
  local excess = kept - max_count
  if kept == 0 or (excess <= 0 and bytes <= max_bytes and not max_age) then return end
  if bytes <= max_bytes and not max_age then most = math.min(most, excess) end
  local oldest = is_dead and call('ZRANGE', key, 0, most - 1, 'WITHSCORES') or call('LRANGE', key, 0, most - 1)
  local gone, members, freed = {}, {}, 0
  for at = 1, #oldest, is_dead and 2 or 1 do
    local id, time, size
    if is_dead then
      id, size = string.match(oldest[at], '^(%w+):(%d+)$')
      time = oldest[at + 1]
    else
      id, time, size = string.match(oldest[at], '^(%w+):(%d+):(%d+)$')
    end
    local is_old = max_age and now - tonumber(time) > max_age
    if #gone >= excess and bytes - freed <= max_bytes and not is_old then break end
    gone[#gone + 1] = id
    members[#members + 1] = oldest[at]
    freed = freed + tonumber(size)
  end
  if #gone == 0 then return end
  if is_dead then call('ZREM', DEAD, unpack(members)) else call('LTRIM', DONE, #gone, -1) end
  count(field, -freed)
  count('expired', #gone)
  forget(gone)
end

local function kept_of(is_dead)
  local fields = is_dead and { 'dc', 'da', 'db' } or { 'rc', 'ra', 'rb' }
  local held = call('HMGET', META, unpack(fields))
  local usual = is_dead and { 10000, 2592000000, 268435456 } or { 1000, 86400000, 67108864 }
  return tonumber(held[1]) or usual[1], tonumber(held[2]) or usual[2], tonumber(held[3]) or usual[3]
end

local function tell(how, message)
  if how ~= '' then call(how, T .. 'news', message) end
end

-- Tells up to `most` idle workers that there is new work, and answers how many. One whose connection is gone is not told.
local function wake_idle(how, most)
  local told = 0
  for _ = 1, 20 do
    if told >= most then break end
    local idle = call('SPOP', T .. 'idle')
    if not idle then break end
    if call(how, T .. 'news:' .. idle, 'w') > 0 then told = told + 1 end
  end
  return told
end

-- Tells that there are so many jobs more: a worker each and another one, since one of them may have stopped asking. Where none is
-- known to be idle it tells all, and how many they are: they spread their questions.
local function wake(how, jobs)
  if how == '' or wake_idle(how, math.min(jobs + 1, 10)) > 0 then return end
  local heard = call('HGET', META, 'heard') or '1'
  local hearers = call(how, T .. 'news', 'w' .. heard)
  if digits(hearers) ~= heard then call('HSET', META, 'heard', hearers) end
end

-- What happened up to now, for rates: a row a minute, which a day keeps.
local KEPT_BY_MINUTE = { 'added', 'completed', 'retried', 'died', 'removed', 'stalled', 'lost' }
local function keep_row()
  local minute = math.floor(now / 60000)
  if call('HGET', META, 'minute') == digits(minute) then return end
  call('HSET', META, 'minute', digits(minute))
  local row = digits(now)
  for _, total in ipairs(call('HMGET', META, unpack(KEPT_BY_MINUTE))) do row = row .. ' ' .. (total or '0') end
  call('HSET', STAT, 'm' .. digits(minute), row)
  call('HDEL', STAT, 'm' .. digits(minute - 1440), 'h' .. digits(minute - 60))
  if call('HLEN', STAT) <= 1600 then return end
  for _, field in ipairs(call('HKEYS', STAT)) do
    local kept = string.sub(field, 1, 1) == 'm' and 1440 or 60
    if tonumber(string.sub(field, 2)) <= minute - kept then call('HDEL', STAT, field) end
  end
end

-- How many events the stream keeps, and for how many ms one who listens is believed to go on.
local EVENTS, LISTENS = 10000, 60000
local noted

-- Whether somebody listens to events. Nobody else pays for them.
local function is_heard()
  if noted == nil then
    local till = tonumber(call('HGET', LISTEN, 'till') or 0)
    noted = till > now and till <= now + LISTENS and {}
  end
  return noted
end

-- Notes an event of a job, whose record begins with `head`; without it the record is read. `detail` has words of the form
-- name=value.
local function note(event, id, head, detail)
  if not is_heard() then return end
  head = head or call('GETRANGE', T .. 'j:' .. id, 0, 4095)
  local is_read, line = pcall(cjson.decode, string.match(head, '^[^\n]*\n([^\n]*)\n') or '')
  noted[#noted + 1] = { event, id, is_read and line.t or '', org_of(head), detail or '' }
end

-- Notes an event of an organization, or without one of the whole queue.
local function note_all(event, org)
  if not is_heard() then return end
  noted[#noted + 1] = { event, '', '', org or '', org and 'scope=organization' or 'scope=queue' }
end

-- Writes what was noted, and tells those that wait for it. An id is the epoch of those who listen, and a number without gaps.
local function write_events(how)
  if not noted or #noted == 0 then return end
  local state = call('HMGET', LISTEN, 'epoch', 'count', 'waits')
  local epoch, last = state[1] or '0', tonumber(state[2]) or 0
  for _, event in ipairs(noted) do
    last = last + 1
    call('XADD', EV, 'MAXLEN', '~', EVENTS, epoch .. '-' .. digits(last), 'event', event[1], 'job', event[2], 'type', event[3],
      'org', event[4], 'at', digits(now), 'detail', event[5])
  end
  call('HSET', LISTEN, 'count', digits(last))
  if state[3] == '1' then
    call('HSET', LISTEN, 'waits', '0')
    tell(how, 'v')
  end
end
