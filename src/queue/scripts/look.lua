-- Reads what is known of a queue.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the question, then what it takes: see each below.
-- Reply: a list, as each question says.
-- Caller: src/queue/encode.rs, for a queue. It changes nothing, but for `wait` and `listen`.
--
-- A page is at most 100 jobs and 1 MiB.

local BUDGET = 1048576
local questions = {}

-- What is known of a job, as seven texts: id, letter of its state, record, outcome, member and its time, progress.
local function snapshot(reply, id, state, member, time)
  local record = call('GET', T .. 'j:' .. id)
  if not record then return 0 end
  local outcome = call('HGET', RES, id) or ''
  local values = { id, state, record, outcome, member or '', time or '', call('HGET', RES, 'p:' .. id) or '' }
  for _, value in ipairs(values) do reply[#reply + 1] = value end
  return #record + #outcome
end

local function find(id)
  local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
  if head == '' then return nil end
  local outcome = call('HGET', RES, id)
  if outcome then return string.sub(outcome, 1, 1) end
  for _, place in ipairs({ 'b', 'f' }) do
    local member = place .. digits(priority_of(head)) .. ':' .. id .. ':' .. org_of(head)
    local due = call('ZSCORE', DELAYED, member)
    if due then return 'l', member, due end
  end
  local cursor = '0'
  repeat
    local page = call('ZSCAN', LEASE, cursor, 'MATCH', id .. ':*', 'COUNT', 1000)
    if page[2][1] then return 'a', page[2][1], page[2][2] end
    cursor = page[1]
  until cursor == '0'
  return 'r'
end

-- -> ready, delayed, active, completed, dead, created time of the oldest ready job, then fields and values of `meta`.
function questions.counts()
  local oldest = 0
  for _, key in ipairs({ RING, PARKED }) do
    for _, org in ipairs(call('ZRANGE', key, 0, 99)) do
      local id = call('LINDEX', T .. 'g:' .. org, 0)
      local created = id and tonumber(string.match(call('GETRANGE', T .. 'j:' .. id, 0, 43), ' c(%d+)'))
      if created and (oldest == 0 or created < oldest) then oldest = created end
    end
  end
  local reply = { tonumber(call('HGET', META, 'ready') or 0), call('ZCARD', DELAYED), call('ZCARD', LEASE), call('LLEN', DONE),
    call('ZCARD', DEAD), digits(oldest) }
  for _, value in ipairs(call('HGETALL', META)) do reply[#reply + 1] = value end
  return reply
end

-- -> the version of the layout, or empty.
function questions.layout()
  return { call('HGET', META, 'v') or '' }
end

-- Ready and active jobs of an organization, its weight, and the weights of all that wait.
local function share_of(org)
  if org == '' then return 0, 0, '0', '0' end
  local name = string.sub(org, 2)
  local function weight_of(settings)
    return tonumber(string.match(settings or '', '^(%S+)')) or 1
  end
  local settings, sum = call('HGET', ORGS, name), 0
  local names = call('ZRANGE', RING, 0, 999)
  if #names > 0 then
    for _, held in ipairs(call('HMGET', ORGS, unpack(names))) do sum = sum + weight_of(held) end
  end
  local is_counted = string.match(settings or '', '^%S+ [1-9]') ~= nil
  return call('LLEN', T .. 'g:' .. name) + call('ZCARD', T .. 'p:' .. name),
    is_counted and call('SCARD', T .. 'busy:' .. name) or -1, tostring(weight_of(settings)), tostring(sum)
end

-- minutes, organization with `=` in front or empty -> the time; a row of the begin of these minutes and the times of jobs in
-- them; since when the oldest delayed, active, completed and dead jobs are there; workers and the last sign of one; ready and active
-- jobs of the organization, its weight and that of all; then as `counts`.
function questions.stats()
  local minute, span = math.floor(now / 60000), tonumber(ARGV[3])
  local rows, fields, times, base = {}, {}, {}, nil
  for back = span, 0, -1 do rows[#rows + 1] = 'm' .. digits(minute - back) end
  for back = span - 1, 0, -1 do fields[#fields + 1] = 'h' .. digits(minute - back) end
  for _, row in ipairs(call('HMGET', STAT, unpack(rows))) do base = base or row end
  base = base or call('HGET', STAT, 'm' .. (call('HGET', META, 'minute') or ''))
  for _, text in ipairs(call('HMGET', STAT, unpack(fields))) do
    if text then times[#times + 1] = text end
  end
  local began, seen, workers = 0, 0, 0
  for _, member in ipairs(call('ZRANGE', LEASE, 0, 999)) do
    local since = tonumber(string.match(member, '(%d+)$'))
    if began == 0 or since < began then began = since end
  end
  for _, at in ipairs(call('HVALS', T .. 'workers')) do
    seen = math.max(seen, tonumber(at))
    if now - tonumber(at) <= 60000 then workers = workers + 1 end
  end
  local function first_of(key)
    return call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or '0'
  end
  local done = string.match(call('LINDEX', DONE, 0) or '', '^%w+:(%d+)') or '0'
  local reply = { digits(now), base or '', table.concat(times, ' '), first_of(DELAYED), digits(began), done, first_of(DEAD), workers,
    digits(seen), share_of(ARGV[4]) }
  for _, value in ipairs(questions.counts()) do reply[#reply + 1] = value end
  return reply
end

-- organization -> ready, active of it (-1 where it has no limit of them).
function questions.organization()
  local key = T .. 'busy:' .. ARGV[3]
  local is_counted = string.match(call('HGET', ORGS, ARGV[3]) or '', '^%S+ [1-9]') ~= nil
  return { call('LLEN', T .. 'g:' .. ARGV[3]) + call('ZCARD', T .. 'p:' .. ARGV[3]), is_counted and call('SCARD', key) or -1 }
end

-- -> for each: name, ready, active or -1, settings (or empty), 1 where paused.
function questions.organizations()
  local reply, seen = {}, {}
  local function add(org)
    if seen[org] or #reply >= 5000 then return end
    seen[org] = true
    local settings = call('HGET', ORGS, org) or ''
    local is_counted = string.match(settings, '^%S+ [1-9]') ~= nil
    reply[#reply + 1] = org
    reply[#reply + 1] = call('LLEN', T .. 'g:' .. org) + call('ZCARD', T .. 'p:' .. org)
    reply[#reply + 1] = is_counted and call('SCARD', T .. 'busy:' .. org) or -1
    reply[#reply + 1] = settings
    reply[#reply + 1] = call('ZSCORE', PARKED, org) == 'inf' and 1 or 0
  end
  for _, key in ipairs({ RING, PARKED }) do
    for _, org in ipairs(call('ZRANGE', key, 0, 999)) do add(org) end
  end
  for _, org in ipairs(call('HKEYS', ORGS)) do
    if string.sub(org, 1, 1) ~= ':' then add(org) end
  end
  return reply
end

-- -> limits of the queue: jobs at once, jobs a period, that period in ms (0: none), and for how many ms no further job begins.
function questions.limits()
  local held = call('HMGET', META, 'conc', 'rmax', 'rper', 'rate', 'hold')
  local till = held_till(held[5], held[2], held[3], held[4])
  return { tonumber(held[1] or 0), tonumber(held[2] or 0), tonumber(held[3] or 0), math.max(0, till and till - now or 0) }
end

-- -> for each: name, time of its last sign, active jobs.
function questions.workers()
  local held = {}
  for _, member in ipairs(call('ZRANGE', LEASE, 0, 9999)) do
    local worker = string.match(member, '^%w+:%d+:([^:]*)')
    held[worker] = (held[worker] or 0) + 1
  end
  local reply, all = {}, call('HGETALL', T .. 'workers')
  for at = 1, #all, 2 do
    reply[#reply + 1] = all[at]
    reply[#reply + 1] = all[at + 1]
    reply[#reply + 1] = held[all[at]] or 0
  end
  return reply
end

-- mark of idempotency -> id or empty.
function questions.mark()
  return { string.match(call('GET', T .. 'idem:' .. ARGV[3]) or '', '^(%S*)') or '' }
end

-- sender -> the last number that is known of it, 0 for none.
function questions.sent()
  return { tonumber(string.match(call('HGET', SENT, ARGV[3]) or '', '^(%d+)') or 0) }
end

-- -> what the server does when its memory is full, and how many bytes it may use; empty where it does not tell.
function questions.eviction()
  local info = redis.pcall('INFO', 'memory')
  if type(info) ~= 'string' then return { '', '0' } end
  return { string.match(info, 'maxmemory_policy:(%S+)') or '', string.match(info, 'maxmemory:(%d+)') or '0' }
end

-- id -> a snapshot and the lines of its log, or nothing.
function questions.get()
  local reply = {}
  local state, member, time = find(ARGV[3])
  if not state then return reply end
  snapshot(reply, ARGV[3], state, member, time)
  for _, line in ipairs(call('LRANGE', T .. 'log:' .. ARGV[3], 0, -1)) do reply[#reply + 1] = line end
  return reply
end

-- id -> letter of its state and its outcome; nothing where it is unknown. Enters it among those whose end is told.
function questions.wait()
  local state = find(ARGV[3])
  if not state then return {} end
  if state == 'c' or state == 'd' then return { state, call('HGET', RES, ARGV[3]) } end
  call('SADD', T .. 'waits', ARGV[3])
  return { state, '' }
end

-- the event that the caller has read last (empty: it begins with the next one), how many more -> the time, the place of the last
-- event, then for each from that one on, itself included: its place, event, job, type, organization, time, detail. Events are
-- written for a minute more. With less than a page `v` is told once when the next one is there.
function questions.listen()
  call('UNLINK', KEYS[2])
  local state = call('HMGET', LISTEN, 'till', 'epoch', 'count')
  local till, epoch, last = tonumber(state[1]) or 0, tonumber(state[2]) or 0, tonumber(state[3]) or 0
  if till <= now or till > now + LISTENS then
    local entry = call('XREVRANGE', EV, '+', '-', 'COUNT', 1)[1]
    epoch = math.max(now, epoch + 1, entry and tonumber(string.match(entry[1], '^%d+')) + 1 or 0)
    last = 0
    call('HSET', LISTEN, 'epoch', digits(epoch), 'count', '0')
  end
  call('HSET', LISTEN, 'till', digits(now + LISTENS))
  local reply, most = { digits(now), digits(epoch) .. '-' .. digits(last) }, tonumber(ARGV[4])
  if most == 0 then return reply end
  local page = ARGV[3] ~= '' and call('XRANGE', EV, ARGV[3], '+', 'COUNT', most + 1) or {}
  for _, entry in ipairs(page) do
    reply[#reply + 1] = entry[1]
    for at = 2, #entry[2], 2 do reply[#reply + 1] = entry[2][at] end
  end
  if #page <= most then call('HSET', LISTEN, 'waits', '1') end
  return reply
end

-- state, organization with `=` in front or empty, where to begin, how many -> where to go on (empty: at the end), snapshots.
function questions.list()
  local state, org, from, most = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
  local reply, left, at = { '' }, BUDGET, from
  local function take(id, member, time)
    left = left - snapshot(reply, id, state, member, time)
    at = at + 1
    return left > 0
  end
  local entries
  if state == 'c' then
    entries = call('LRANGE', DONE, -from - most, -from - 1)
    for place = #entries, 1, -1 do
      if not take(string.match(entries[place], '^(%w+)')) then break end
    end
  elseif state == 'd' then
    entries = call('ZREVRANGE', DEAD, from, from + most - 1)
    for _, entry in ipairs(entries) do
      if not take(string.match(entry, '^(%w+)')) then break end
    end
  elseif state == 'l' or state == 'a' then
    entries = call('ZRANGE', state == 'l' and DELAYED or LEASE, from, from + most - 1, 'WITHSCORES')
    for place = 1, #entries, 2 do
      local id = string.match(entries[place], state == 'l' and '^%a%-?%d+:(%w+):' or '^(%w+)')
      if not take(id, entries[place], entries[place + 1]) then break end
    end
  else
    entries = {}
    local orgs = org ~= '' and { string.sub(org, 2) } or {}
    if org == '' then
      for _, key in ipairs({ RING, PARKED }) do
        for _, name in ipairs(call('ZRANGE', key, 0, 999)) do orgs[#orgs + 1] = name end
      end
    end
    local skip = from
    for _, name in ipairs(orgs) do
      for _, part in ipairs({ { '-inf', '(0' }, {}, { '(0', '+inf' } }) do
        local key = T .. (part[1] and 'p:' or 'g:') .. name
        local size = part[1] and call('ZCOUNT', key, part[1], part[2]) or call('LLEN', key)
        if skip >= size then
          skip = skip - size
        elseif #entries < most then
          local page = part[1] and call('ZRANGEBYSCORE', key, part[1], part[2], 'LIMIT', skip, most - #entries)
            or call('LRANGE', key, skip, skip + most - #entries - 1)
          skip = 0
          for _, entry in ipairs(page) do entries[#entries + 1] = string.match(entry, '(%w+)$') end
        end
      end
    end
    for _, id in ipairs(entries) do
      if not take(id) then break end
    end
  end
  if at > from then reply[1] = digits(at) end
  return reply
end

return questions[ARGV[2]]()
