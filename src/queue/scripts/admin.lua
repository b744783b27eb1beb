-- Changes single jobs, pages of jobs, and the settings of a queue or an organization.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the command that tells others (or empty), 3 the operation, then what it takes: see each below.
-- Reply: a list of numbers and texts, as each operation says.
-- Caller: src/queue/encode.rs, for operators. Each operation may run twice without harm.
--
-- A page is 200 jobs. Ids that leave a list by their name are looked for among its first 10,000.

local PAGE, DEPTH = 200, 10000
local operations = {}

-- Where a job is: c, d, l (delayed), a or r; with the begin of its record, and its outcome, its member or nothing.
local function find(id)
  local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
  if head == '' then return nil end
  local outcome = call('HGET', RES, id)
  if outcome then return string.sub(outcome, 1, 1), head, outcome end
  local org, priority = org_of(head), priority_of(head)
  for _, place in ipairs({ 'b', 'f' }) do
    local member = place .. digits(priority) .. ':' .. id .. ':' .. org
    if call('ZSCORE', DELAYED, member) then return 'l', head, member end
  end
  local cursor = '0'
  repeat
    local page = call('ZSCAN', LEASE, cursor, 'MATCH', id .. ':*', 'COUNT', 1000)
    if page[2][1] then return 'a', head, page[2][1] end
    cursor = page[1]
  until cursor == '0'
  return 'r', head
end

local function end_of(id)
  if call('SREM', T .. 'waits', id) == 1 then tell(ARGV[2], 'e' .. id) end
end

local function drop(id, head)
  free_mark(id, until_done(head))
  forget({ id })
  count('removed', 1)
  end_of(id)
end

local function drop_ended(id, outcome, head)
  if head then note('removed', id, head) end
  local letter, time, bytes = string.match(outcome, '^(%a) (%d+) %d+ %d+ (%d+)\n')
  if letter == 'c' then
    call('LREM', DONE, 1, done_entry(id, time, bytes))
    count('bdone', -tonumber(bytes))
  else
    call('ZREM', DEAD, dead_entry(id, bytes))
    count('bdead', -tonumber(bytes))
  end
  if head then drop(id, head) end
end

-- Takes a ready job out of its list. False where it is not among the first.
local function take_out(id, head)
  local org = org_of(head)
  local key = T .. 'g:' .. org
  if priority_of(head) == 0 then
    if not call('LPOS', key, id, 'MAXLEN', DEPTH) then return false end
    call('LREM', key, 1, id)
  else
    local cursor, member = '0', nil
    repeat
      local page = call('ZSCAN', T .. 'p:' .. org, cursor, 'MATCH', '*:' .. id, 'COUNT', 1000)
      member, cursor = page[2][1], page[1]
    until member or cursor == '0'
    if not member then return false end
    call('ZREM', T .. 'p:' .. org, member)
  end
  count('ready', -1)
  return true
end

-- version, then fields and values (empty: removed) -> 1; or 0 and the version that is stored.
function operations.configure()
  local stored = call('HGET', META, 'v')
  if stored and stored ~= ARGV[4] then return { 0, stored } end
  if not stored then
    call('HSET', META, 'v', ARGV[4])
    keep_row()
  end
  for at = 5, #ARGV, 2 do
    if ARGV[at + 1] == '' then
      call('HDEL', META, ARGV[at])
    elseif call('HGET', META, ARGV[at]) ~= ARGV[at + 1] then
      call('HSET', META, ARGV[at], ARGV[at + 1])
    end
  end
  return { 1 }
end

-- organization, weight, concurrency, rate, period (each empty: stays) -> 1.
function operations.organization()
  local org = ARGV[4]
  local parts = { string.match(call('HGET', ORGS, org) or '1 0 0 0', '^(%S+) (%d+) (%d+) (%d+)$') }
  for at = 1, 4 do
    if ARGV[4 + at] ~= '' then parts[at] = ARGV[4 + at] end
  end
  if parts[2] == '0' then
    call('UNLINK', T .. 'busy:' .. org)
  else
    local cursor = '0'
    repeat
      local page = call('ZSCAN', LEASE, cursor, 'COUNT', 1000)
      for at = 1, #page[2], 2 do
        local id = string.match(page[2][at], '^(%w+)')
        if org_of(call('GETRANGE', T .. 'j:' .. id, 0, 4095)) == org then call('SADD', T .. 'busy:' .. org, id) end
      end
      cursor = page[1]
    until cursor == '0'
  end
  call('HSET', ORGS, org, table.concat(parts, ' '))
  if call('HDEL', ORGS, ':b:' .. org) == 1 then
    local own = tonumber(call('HGET', ORGS, ':v:' .. org))
    call('ZREM', PARKED, org)
    enter(org, own)
  end
  wake(ARGV[2], 10)
  return { 1 }
end

-- 1 for a queue that is paused, 0 for one that goes on; organization where it is about one -> 1.
function operations.pause()
  local org, pauses = ARGV[5], ARGV[4] == '1'
  note_all(pauses and 'paused' or 'resumed', org)
  if not org then
    if pauses then call('HSET', META, 'paused', 1) else call('HDEL', META, 'paused') end
  elseif pauses then
    local own = call('ZSCORE', RING, org)
    if own then call('HSET', ORGS, ':v:' .. org, own) end
    call('ZREM', RING, org)
    call('HDEL', ORGS, ':b:' .. org)
    call('ZADD', PARKED, '+inf', org)
  elseif call('ZSCORE', PARKED, org) == 'inf' then
    local own = tonumber(call('HGET', ORGS, ':v:' .. org))
    call('ZREM', PARKED, org)
    call('HDEL', ORGS, ':v:' .. org)
    enter(org, own)
  end
  if not pauses then wake(ARGV[2], 10) end
  return { 1 }
end

-- organization or nothing -> 1 where it is paused.
function operations.paused()
  if not ARGV[4] then return { call('HEXISTS', META, 'paused') } end
  return { call('ZSCORE', PARKED, ARGV[4]) == 'inf' and 1 or 0 }
end

local function remove_waiting(id, state, head, member)
  if state == 'l' then
    call('ZREM', DELAYED, member)
  else
    call('SADD', T .. 'gone', id)
    count('ready', -1)
  end
  drop(id, head)
end

-- id -> removed, signalled, finished or unknown.
function operations.cancel()
  local id = ARGV[4]
  local state, head, member = find(id)
  if not state then return { 'unknown' } end
  if state == 'c' or state == 'd' then return { 'finished' } end
  if state == 'a' then
    call('SADD', T .. 'cancel', id)
    note('cancelled', id, head, 'member=' .. member)
    tell(ARGV[2], 'c' .. id)
    return { 'signalled' }
  end
  note('cancelled', id, head)
  remove_waiting(id, state, head, member)
  return { 'removed' }
end

-- id -> 1 where it was there and is not active.
function operations.remove()
  local state, head, member = find(ARGV[4])
  if not state or state == 'a' then return { 0 } end
  if state == 'c' or state == 'd' then
    drop_ended(ARGV[4], member, head)
  else
    note('removed', ARGV[4], head)
    remove_waiting(ARGV[4], state, head, member)
  end
  return { 1 }
end

-- id, delay in ms (0: now) -> 1 where it waits now.
function operations.reschedule()
  local id, delay = ARGV[4], tonumber(ARGV[5])
  local state, head, member = find(id)
  if state == 'l' then
    call('ZREM', DELAYED, member)
  elseif state ~= 'r' or delay == 0 or not take_out(id, head) then
    return { state == 'r' and delay == 0 and 1 or 0 }
  end
  local org, priority = org_of(head), priority_of(head)
  if delay > 0 then
    call('ZADD', DELAYED, digits(now + delay), 'b' .. digits(priority) .. ':' .. id .. ':' .. org)
  else
    make_ready(org, { id }, priority, false)
  end
  note('rescheduled', id, head, 'delay=' .. digits(delay))
  wake(ARGV[2], 1)
  return { 1 }
end

-- id, priority -> 1 where it waits with that priority now.
function operations.priority()
  local id, priority = ARGV[4], tonumber(ARGV[5])
  local state, head, member = find(id)
  if state ~= 'l' and state ~= 'r' then return { 0 } end
  if priority == priority_of(head) then return { 1 } end
  if state == 'r' and not take_out(id, head) then return { 0 } end
  call('SETRANGE', T .. 'j:' .. id, 14, string.format('%+05d', priority))
  if state == 'r' then
    make_ready(org_of(head), { id }, priority, false)
  else
    local due = call('ZSCORE', DELAYED, member)
    call('ZREM', DELAYED, member)
    call('ZADD', DELAYED, due, string.sub(member, 1, 1) .. digits(priority) .. ':' .. id .. ':' .. org_of(head))
  end
  return { 1 }
end

-- id, data -> 1 where there is such a job, in whichever state. A handler that has begun keeps what it was given.
function operations.data()
  local key = T .. 'j:' .. ARGV[4]
  local head = string.match(call('GET', key) or '', '^([^\n]*\n[^\n]*\n)')
  if not head then return { 0 } end
  call('SET', key, head .. ARGV[5])
  if #head + #ARGV[5] > tonumber(call('HGET', META, 'big') or 0) then call('HSET', META, 'big', #head + #ARGV[5]) end
  return { 1 }
end

local function again(id, outcome, head)
  note('retried', id, head)
  drop_ended(id, outcome, nil)
  call('HDEL', RES, id, 'p:' .. id)
  call('SETRANGE', T .. 'j:' .. id, 3, '00')
  call('SETRANGE', T .. 'j:' .. id, 10, '00')
  make_ready(org_of(head), { id }, priority_of(head), false)
  wake(ARGV[2], 1)
end

-- id -> 1 where it had ended and is ready again.
function operations.retry()
  local state, head, outcome = find(ARGV[4])
  if state ~= 'c' and state ~= 'd' then return { 0 } end
  again(ARGV[4], outcome, head)
  return { 1 }
end

-- c or d, text in the record's JSON line or empty, organization with `=` in front or empty, how many, where to begin
-- -> how many are ready again, where to go on (empty: at the end).
function operations.retry_page()
  local is_dead, most, from = ARGV[4] == 'd', tonumber(ARGV[7]), tonumber(ARGV[8])
  local entries = call(is_dead and 'ZRANGE' or 'LRANGE', is_dead and DEAD or DONE, from, from + PAGE - 1)
  local done = 0
  for _, entry in ipairs(entries) do
    if done >= most then break end
    local id = string.match(entry, '^(%w+)')
    local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
    local line = string.match(head, '^[^\n]*\n([^\n]*)') or ''
    local is_meant = (ARGV[5] == '' or string.find(line, ARGV[5], 1, true))
      and (ARGV[6] == '' or '=' .. org_of(head) == ARGV[6])
    if head ~= '' and is_meant then
      again(id, call('HGET', RES, id), head)
      done = done + 1
    end
  end
  local next_from = #entries == PAGE and done < most and digits(from + PAGE - done) or ''
  return { done, next_from }
end

local function clear_list(org)
  local ids = call('LPOP', T .. 'g:' .. org, PAGE) or {}
  if #ids == 0 then
    local members = call('ZPOPMIN', T .. 'p:' .. org, PAGE)
    for at = 1, #members, 2 do ids[#ids + 1] = string.match(members[at], ':(%w+)$') end
  end
  local removed = 0
  for _, id in ipairs(ids) do
    if call('SREM', T .. 'gone', id) == 0 then
      local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
      note('removed', id, head)
      drop(id, head)
      removed = removed + 1
    end
  end
  count('ready', -removed)
  if #ids == 0 then call('ZREM', RING, org) end
  return removed, #ids > 0
end

-- organization with `=` in front or empty for all -> how many were removed, 1 where there may be more.
function operations.clear_ready()
  if ARGV[4] ~= '' then
    local removed, is_more = clear_list(string.sub(ARGV[4], 2))
    return { removed, is_more and 1 or 0 }
  end
  for _, key in ipairs({ RING, PARKED }) do
    for _, org in ipairs(call('ZRANGE', key, 0, PAGE - 1)) do
      local removed, is_more = clear_list(org)
      if is_more then return { removed, 1 } end
    end
  end
  return { 0, 0 }
end

-- The same for jobs that are delayed, and where the scan goes on (0: at the end).
function operations.clear_delayed()
  local page = call('ZSCAN', DELAYED, ARGV[5], 'COUNT', PAGE)
  local removed = 0
  for at = 1, #page[2], 2 do
    local id, org = string.match(page[2][at], '^%a%-?%d+:(%w+):(.*)$')
    if ARGV[4] == '' or '=' .. org == ARGV[4] then
      call('ZREM', DELAYED, page[2][at])
      local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
      note('removed', id, head)
      drop(id, head)
      removed = removed + 1
    end
  end
  return { removed, page[1] }
end

-- The same for ended jobs.
function operations.clear_ended()
  local page = call('HSCAN', RES, ARGV[5], 'COUNT', PAGE)
  local removed = 0
  for at = 1, #page[2], 2 do
    local id, outcome = page[2][at], page[2][at + 1]
    if not string.find(id, ':', 1, true) then
      local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
      if ARGV[4] == '' or '=' .. org_of(head) == ARGV[4] then
        drop_ended(id, outcome, head)
        removed = removed + 1
      end
    end
  end
  return { removed, page[1] }
end

-- The same for active jobs, which are to be stopped: how many were signalled.
function operations.stop_active()
  local page = call('ZSCAN', LEASE, ARGV[5], 'COUNT', PAGE)
  local signalled = 0
  for at = 1, #page[2], 2 do
    local id = string.match(page[2][at], '^(%w+)')
    local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
    if ARGV[4] == '' or '=' .. org_of(head) == ARGV[4] then
      call('SADD', T .. 'cancel', id)
      note('cancelled', id, head, 'member=' .. page[2][at])
      tell(ARGV[2], 'c' .. id)
      signalled = signalled + 1
    end
  end
  return { signalled, page[1] }
end

-- The same for events.
function operations.forget_events()
  local page = call('XRANGE', EV, ARGV[5] == '0' and '-' or '(' .. ARGV[5], '+', 'COUNT', PAGE)
  local ids = {}
  for _, entry in ipairs(page) do
    for at = 1, #entry[2], 2 do
      local is_meant = entry[2][at] == 'org' and (ARGV[4] == '' or '=' .. entry[2][at + 1] == ARGV[4])
      if is_meant then ids[#ids + 1] = entry[1] end
    end
  end
  if #ids > 0 then call('XDEL', EV, unpack(ids)) end
  return { #ids, #page == PAGE and page[PAGE][1] or '0' }
end

-- c or d, older than so many ms, how many -> how many were removed.
function operations.clean()
  local is_dead, most = ARGV[4] == 'd', math.min(PAGE, tonumber(ARGV[6]))
  local removed = 0
  for _, entry in ipairs(call(is_dead and 'ZRANGE' or 'LRANGE', is_dead and DEAD or DONE, 0, most - 1)) do
    local id = string.match(entry, '^(%w+)')
    local outcome = call('HGET', RES, id)
    local time = tonumber(string.match(outcome or '', '^%a (%d+)'))
    if not time or now - time < tonumber(ARGV[5]) then break end
    drop_ended(id, outcome, call('GETRANGE', T .. 'j:' .. id, 0, 4095))
    removed = removed + 1
  end
  return { removed }
end

-- 1 where active jobs go too -> 1, or 0 where there are some. Schedules, waiting and ended jobs are gone already.
function operations.obliterate()
  if ARGV[4] ~= '1' and call('EXISTS', LEASE) == 1 then return { 0 } end
  if ARGV[5] ~= '1' then return { 1 } end
  for _, member in ipairs(call('ZRANGE', LEASE, 0, -1)) do
    local id = string.match(member, '^(%w+)')
    local head = call('GETRANGE', T .. 'j:' .. id, 0, 4095)
    note('removed', id, head)
    drop(id, head)
  end
  note_all('obliterated')
  if not is_heard() then call('UNLINK', EV, LISTEN) end
  for _, org in ipairs(call('HKEYS', ORGS)) do call('UNLINK', T .. 'busy:' .. org) end
  for _, schedule in ipairs(call('ZRANGE', T .. 'sched', 0, -1)) do call('UNLINK', T .. 's:' .. schedule) end
  for _, name in ipairs({ 'meta', 'ring', 'parked', 'orgs', 'lease', 'delayed', 'done', 'dead', 'res', 'gone', 'cancel', 'waits', 'idle', 'sched', 'stat' }) do
    call('UNLINK', T .. name)
  end
  return { 1 }
end

call('UNLINK', KEYS[2])
local reply = operations[ARGV[3]]()
write_events(ARGV[2])
return reply
