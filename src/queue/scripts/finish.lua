-- Records what became of a worker's jobs, and gives it new ones, in one step.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the worker, 3 the number of its call, 4 the lease in ms, 5 how many jobs it wants, 6 the command that tells
--   others (or empty), 7 how many jobs it finishes; then for each: member of `lease`, outcome, payload, delay in ms, organization,
--   mark of idempotency that ends with the job (or empty), priority, bytes of the record. Outcomes: c completed, r retry, d dead,
--   f released (to the front), l delayed without an attempt, o and q released, and no job of the organization or the queue for the
--   delay. Then pairs: w or r and the bucket of how long jobs waited or ran, and how many did.
-- Reply: 1 with hints, the positions of jobs that it no longer held, those of jobs whose attempts were used up, the given members
--   and records in turn, and how many records were missing. 0 where the number is older than one that is known.
-- Caller: src/queue/encode.rs, for a worker's sender. With no jobs to finish it is a claim.
--
-- Its first write frees, so a full server does not refuse it. A known number changes nothing and answers again.

local worker, number = ARGV[2], tonumber(ARGV[3])
local known = call('HGET', SENT, worker)
local function positions(text)
  local list = {}
  for at in string.gmatch(text, '%d+') do list[#list + 1] = tonumber(at) end
  return list
end
if known then
  local last, held = string.match(known, '^(%d+) %d+|?(.*)$')
  if number < tonumber(last) then return { 0 } end
  if number == tonumber(last) then
    local lost, died, given = string.match(held, '^([^|]*)|([^|]*)|([^|]*)')
    local ready, due, paused = hints()
    local reply = { 1, ready, due, paused, positions(lost or ''), positions(died or ''), {}, 0 }
    local members, keys = {}, {}
    for member in string.gmatch(given or '', '%S+') do members[#members + 1] = member end
    if #members > 0 then
      local ends = call('ZMSCORE', LEASE, unpack(members))
      local kept = {}
      for at, member in ipairs(members) do
        if ends[at] then
          kept[#kept + 1] = member
          keys[#keys + 1] = T .. 'j:' .. string.match(member, '^(%w+)')
        end
      end
      local records = #keys > 0 and call('MGET', unpack(keys)) or {}
      for at, member in ipairs(kept) do
        if records[at] then
          reply[7][#reply[7] + 1] = member
          reply[7][#reply[7] + 1] = records[at]
        end
      end
    end
    return reply
  end
end
call('UNLINK', KEYS[2])

local finishes, wants, lease = tonumber(ARGV[7]), tonumber(ARGV[5]), tonumber(ARGV[4])
local has_orgs = call('EXISTS', ORGS) == 1
local lost, died = {}, {}

-- A record's state of retries in its header, changed in place.
local function patch(id, at, text)
  if call('EXISTS', T .. 'j:' .. id) == 1 then call('SETRANGE', T .. 'j:' .. id, at, text) end
end

local function keep_outcome(kept, id, letter, member, size, payload)
  local token, since = string.match(member, '^%w+:(%d+):[^:]*:(%d+)$')
  local bytes = size + #payload
  kept[#kept + 1] = id
  kept[#kept + 1] = letter .. ' ' .. digits(now) .. ' ' .. since .. ' ' .. token .. ' ' .. bytes .. '\n' .. payload
  return bytes
end

-- The event of what became of a job.
local function note_end(id, head, outcome, member, delay)
  local event = ({ c = 'completed', d = 'dead', r = 'retrying' })[outcome] or 'released'
  local is_later = event ~= 'completed' and event ~= 'dead'
  note(event, id, head, 'attempt=' .. attempt_of(head) .. ' member=' .. member .. (is_later and ' delay=' .. digits(delay) or ''))
end

local function finish()
  local members = {}
  for at = 1, finishes do members[at] = ARGV[7 + (at - 1) * 8 + 1] end
  local ends = call('ZMSCORE', LEASE, unpack(members))
  local held = {}
  for at, member in ipairs(members) do
    if ends[at] then
      held[#held + 1] = member
    else
      lost[#lost + 1] = at
      note('lost', string.match(member, '^(%w+)'), nil, 'member=' .. member)
    end
  end
  count('lost', #lost)
  if #held == 0 then return end
  call('ZREM', LEASE, unpack(held))
  local done, dead, kept, ended, fronts, sums = {}, {}, {}, {}, {}, { 0, 0 }
  local freed, holders = {}, {}
  for at = 1, finishes do
    if ends[at] then
      local from = 7 + (at - 1) * 8
      local member, outcome, payload = ARGV[from + 1], ARGV[from + 2], ARGV[from + 3]
      local delay, org, mark = tonumber(ARGV[from + 4]), ARGV[from + 5], ARGV[from + 6]
      local id, size = string.match(member, '^(%w+)'), tonumber(ARGV[from + 8])
      holders[#holders + 1] = { id, org }
      local head = is_heard() and call('GETRANGE', T .. 'j:' .. id, 0, 4095)
      if outcome == 'r' then
        local used, allowed = string.match(call('GETRANGE', T .. 'j:' .. id, 0, 8), ' a(%d%d)/(%d%d)')
        used = (tonumber(used) or 98) + 1
        if used >= (tonumber(allowed) or 0) then
          outcome = 'd'
          died[#died + 1] = at
        end
        patch(id, 3, string.format('%02d', used))
        if outcome == 'r' then count('retried', 1) end
      end
      if outcome == 'c' then
        local bytes = keep_outcome(kept, id, 'c', member, size, payload)
        done[#done + 1] = done_entry(id, digits(now), bytes)
        sums[1] = sums[1] + bytes
        ended[#ended + 1] = id
        free_mark(id, mark)
      elseif outcome == 'd' then
        local bytes = keep_outcome(kept, id, 'd', member, size, payload)
        dead[#dead + 1] = digits(now)
        dead[#dead + 1] = dead_entry(id, bytes)
        sums[2] = sums[2] + bytes
        ended[#ended + 1] = id
        free_mark(id, mark)
      elseif (outcome == 'r' or outcome == 'l') and delay > 0 then
        call('ZADD', DELAYED, digits(now + delay), 'f' .. digits(tonumber(ARGV[from + 7])) .. ':' .. id .. ':' .. org)
      else
        fronts[#fronts + 1] = { org, id, tonumber(ARGV[from + 7]) }
        if outcome == 'o' then freed[org] = math.max(freed[org] or 0, now + delay) end
        if outcome == 'q' then call('HSET', META, 'hold', digits(now + delay)) end
      end
      if head then note_end(id, head, outcome, member, delay) end
    end
  end
  if has_orgs then
    for _, holder in ipairs(holders) do
      call('SREM', T .. 'busy:' .. holder[2], holder[1])
      if call('HGET', ORGS, ':b:' .. holder[2]) then
        local own = tonumber(call('HGET', ORGS, ':v:' .. holder[2]))
        call('HDEL', ORGS, ':v:' .. holder[2], ':b:' .. holder[2])
        call('ZREM', PARKED, holder[2])
        enter(holder[2], own)
      end
    end
  end
  for at = #fronts, 1, -1 do make_ready(fronts[at][1], { fronts[at][2] }, fronts[at][3], true) end
  for org, till in pairs(freed) do
    local own = call('ZSCORE', RING, org)
    if own then
      call('HSET', ORGS, ':v:' .. org, own)
      call('ZREM', RING, org)
    end
    call('ZADD', PARKED, 'GT', digits(till), org)
  end
  if #kept > 0 then
    call('HSET', RES, unpack(kept))
    if #done > 0 then
      call('RPUSH', DONE, unpack(done))
      count('bdone', sums[1])
      count('completed', #done)
    end
    if #dead > 0 then
      call('ZADD', DEAD, unpack(dead))
      count('bdead', sums[2])
      count('died', #dead / 2)
    end
    if call('EXISTS', T .. 'waits') == 1 then
      local waits = call('SMISMEMBER', T .. 'waits', unpack(ended))
      for at, id in ipairs(ended) do
        if waits[at] == 1 then
          call('SREM', T .. 'waits', id)
          tell(ARGV[6], 'e' .. id .. ' ' .. kept[2 * at])
        end
      end
    end
    if call('EXISTS', T .. 'cancel') == 1 then call('SREM', T .. 'cancel', unpack(ended)) end
    if #done > 0 then
      local most, _, bytes = kept_of(false)
      trim(false, 2 * finishes + 10, most, nil, bytes)
    end
    if #dead > 0 then
      local most, _, bytes = kept_of(true)
      trim(true, 2 * finishes + 10, most, nil, bytes)
    end
  end
  if #fronts > 0 and wants == 0 then wake(ARGV[6], #fronts) end
end

-- Makes what is due ready: jobs of each organization and priority in their order.
local function promote()
  local due = call('ZRANGEBYSCORE', DELAYED, '-inf', digits(now), 'LIMIT', 0, 200)
  if #due == 0 then return end
  call('ZREM', DELAYED, unpack(due))
  local order, groups = {}, {}
  for _, member in ipairs(due) do
    local place, priority, id, org = string.match(member, '^(%a)(-?%d+):(%w+):(.*)$')
    local name = place .. priority .. ':' .. org
    local group = groups[name]
    if not group then
      group = { org, {}, tonumber(priority), place == 'f' }
      groups[name] = group
      order[#order + 1] = group
    end
    group[2][#group[2] + 1] = id
  end
  local orgs, is_known = {}, {}
  for _, group in ipairs(order) do
    put_ready(unpack(group))
    if not is_known[group[1]] then orgs[#orgs + 1] = group[1] end
    is_known[group[1]] = true
  end
  enter_all(orgs)
  count('ready', #due)
end

local function unpark()
  local free = call('ZRANGEBYSCORE', PARKED, '-inf', digits(now), 'LIMIT', 0, 100)
  for _, org in ipairs(free) do
    local own = tonumber(call('HGET', ORGS, ':v:' .. org))
    call('HDEL', ORGS, ':v:' .. org, ':b:' .. org)
    call('ZREM', PARKED, org)
    enter(org, own)
  end
end

local function park(org, time, till, is_busy)
  call('ZREM', RING, org)
  call('HSET', ORGS, ':v:' .. org, string.format('%.17g', time))
  if is_busy then call('HSET', ORGS, ':b:' .. org, 1) end
  call('ZADD', PARKED, digits(till), org)
end

-- How many jobs a limit of `most` a period still lets begin, and the state to keep.
local function left_of(most, period, state)
  local began, used = string.match(state or '', '^(%d+) (%d+)$')
  began, used = tonumber(began) or now, tonumber(used) or 0
  if now - began >= period or began > now then began, used = now, 0 end
  return most - used, began, used
end

-- What an organization may take; 0 where it was parked.
local function room_of(org, time, wanted)
  local held = call('HMGET', ORGS, org, ':r:' .. org)
  local weight, running, most, period = string.match(held[1] or '', '^(%S+) (%d+) (%d+) (%d+)')
  local plan = { org = org, time = time, start = time, weight = tonumber(weight) or 1, wants = 0, room = wanted }
  running, most = tonumber(running) or 0, tonumber(most) or 0
  if running > 0 then
    plan.is_counted = true
    plan.room = math.min(plan.room, running - call('SCARD', T .. 'busy:' .. org))
    if plan.room <= 0 then
      park(org, time, now + 1000, true)
      return nil
    end
  end
  if most > 0 then
    local left
    left, plan.began, plan.used = left_of(most, tonumber(period), held[2])
    plan.room = math.min(plan.room, left)
    if left <= 0 then
      park(org, time, plan.began + tonumber(period), false)
      return nil
    end
  end
  return plan
end

-- Plans `wanted` jobs by virtual time among the organizations with the least: a turn each, until all are planned. Turns are
-- short where the ring has no more organizations than those, because then they cost no more commands.
local function plan_for(wanted, turn)
  local most = math.max(1, math.ceil(wanted / turn))
  local names = call('ZRANGE', RING, 0, most - 1, 'WITHSCORES')
  if #names < 2 * most then turn = math.max(1, math.floor(wanted / 100)) end
  local plans = {}
  for at = 1, #names, 2 do
    local org, time = names[at], tonumber(names[at + 1])
    local plan
    if has_orgs then
      plan = room_of(org, time, wanted)
    else
      plan = { org = org, time = time, start = time, weight = 1, wants = 0, room = wanted }
    end
    if plan then plans[#plans + 1] = plan end
  end
  local planned, was_parked = 0, #plans < #names / 2
  if #plans == 1 and not was_parked then
    plans[1].wants = math.min(wanted, plans[1].room)
    return plans, was_parked
  end
  while planned < wanted do
    local best
    for _, plan in ipairs(plans) do
      if plan.room > plan.wants and (not best or plan.time < best.time) then best = plan end
    end
    if not best then break end
    local taken = math.min(turn, wanted - planned, best.room - best.wants)
    best.wants = best.wants + taken
    best.time = best.time + taken / best.weight
    planned = planned + taken
  end
  return plans, was_parked
end

-- Takes up to `wanted` ids of an organization: high priorities, then the list, then low ones.
local function pop(org, wanted)
  local ids, key = {}, T .. 'p:' .. org
  local has_prior = call('EXISTS', key) == 1
  local function take_prior(low, high)
    if not has_prior or #ids >= wanted then return end
    local members = call('ZRANGEBYSCORE', key, low, high, 'LIMIT', 0, wanted - #ids)
    if #members == 0 then return end
    call('ZREM', key, unpack(members))
    for _, member in ipairs(members) do ids[#ids + 1] = string.match(member, ':(%w+)$') end
  end
  take_prior('-inf', '(0')
  if #ids < wanted then
    for _, id in ipairs(call('LPOP', T .. 'g:' .. org, wanted - #ids) or {}) do ids[#ids + 1] = id end
  end
  take_prior('(0', '+inf')
  return ids
end

local taken, popped, missing = {}, 0, 0
local has_gone = call('EXISTS', T .. 'gone') == 1
local budget, largest = 1048576, 0

-- Takes what was planned of one organization. False where its turn found nothing.
local function take(plan)
  local ids = pop(plan.org, plan.wants)
  local found, began = #ids, 0
  if has_gone and found > 0 then
    local is_gone = call('SMISMEMBER', T .. 'gone', unpack(ids))
    local left = {}
    for at, id in ipairs(ids) do
      if is_gone[at] == 1 then
        call('SREM', T .. 'gone', id)
      else
        left[#left + 1] = id
      end
    end
    ids = left
  end
  if largest > 0 then
    local back = {}
    for _, id in ipairs(ids) do
      local size = call('STRLEN', T .. 'j:' .. id)
      if #back > 0 or (#taken > 0 and size > budget) then
        back[#back + 1] = id
      else
        budget = budget - size
        taken[#taken + 1] = { id, plan }
        began = began + 1
      end
    end
    for at = #back, 1, -1 do
      local priority = priority_of(call('GETRANGE', T .. 'j:' .. back[at], 0, 22))
      make_ready(plan.org, { back[at] }, priority, true)
      count('ready', -1)
    end
    if #back > 0 then budget = -1 end
  else
    for _, id in ipairs(ids) do taken[#taken + 1] = { id, plan } end
    began = #ids
  end
  popped = popped + began
  if plan.is_counted then
    for at = #taken - began + 1, #taken do call('SADD', T .. 'busy:' .. plan.org, taken[at][1]) end
  end
  if found == 0 then
    call('ZREM', RING, plan.org)
  else
    call('ZADD', RING, string.format('%.17g', plan.start + began / plan.weight), plan.org)
  end
  if plan.began and began > 0 then
    plan.used = plan.used + began
    call('HSET', ORGS, ':r:' .. plan.org, digits(plan.began) .. ' ' .. digits(plan.used))
  end
end

local function claim(given, members)
  promote()
  if call('EXISTS', PARKED) == 1 then unpark() end
  local held = call('HMGET', META, 'paused', 'conc', 'rmax', 'rper', 'rate', 'hold', 'big', 'token')
  if held[1] then return end
  if held[6] then
    if now < tonumber(held[6]) then return end
    call('HDEL', META, 'hold')
  end
  local running, most = tonumber(held[2]) or 0, tonumber(held[3]) or 0
  if running > 0 then wants = math.min(wants, running - call('ZCARD', LEASE)) end
  local began, used
  if most > 0 then
    local left
    left, began, used = left_of(most, tonumber(held[4]), held[5])
    wants = math.min(wants, left)
  end
  local big = tonumber(held[7]) or 0
  if big * wants > budget then largest = big end
  local turn = math.max(1, math.floor(wants / 10))
  for _ = 1, 20 do
    local wanted = wants - #taken
    if wanted <= 0 or budget <= 0 then break end
    local plans, was_parked = plan_for(wanted, turn)
    if #plans == 0 and not was_parked then break end
    for _, plan in ipairs(plans) do
      if plan.wants > 0 and budget > 0 then take(plan) end
    end
  end
  count('ready', -popped)
  if #taken == 0 then return end
  local least = call('ZRANGE', RING, 0, 0, 'WITHSCORES')[2]
  if least then call('HSET', META, 'vt', least) end
  if most > 0 then call('HSET', META, 'rate', digits(began) .. ' ' .. digits(used + #taken)) end
  local keys, leases = {}, {}
  for at, job in ipairs(taken) do keys[at] = T .. 'j:' .. job[1] end
  -- Not before the time in microseconds: a server that has lost the last count still gives larger ones.
  local token = math.max(tonumber(held[8]) or 0, now * 1000)
  call('HSET', META, 'token', digits(token + #taken))
  local till, since = digits(now + lease), digits(now)
  for at, record in ipairs(call('MGET', unpack(keys))) do
    if record then
      local member = taken[at][1] .. ':' .. digits(token + at) .. ':' .. worker .. ':' .. since
      members[#members + 1] = member
      given[#given + 1] = member
      given[#given + 1] = record
      leases[#leases + 1] = till
      leases[#leases + 1] = member
      if is_heard() then note('started', taken[at][1], record, 'attempt=' .. attempt_of(record) .. ' member=' .. member) end
    else
      missing = missing + 1
      if taken[at][2].is_counted then call('SREM', T .. 'busy:' .. taken[at][2].org, taken[at][1]) end
    end
  end
  count('evicted', missing)
  if #leases > 0 then call('ZADD', LEASE, unpack(leases)) end
end

-- Adds how long jobs waited and ran to what is known of this minute; an hour is kept.
local function keep_times(from)
  if not ARGV[from] then return end
  local field = 'h' .. digits(math.floor(now / 60000))
  local counts, names, words = {}, {}, {}
  local function add(name, many)
    if not counts[name] then names[#names + 1] = name end
    counts[name] = (counts[name] or 0) + tonumber(many)
  end
  for name, many in string.gmatch(call('HGET', STAT, field) or '', '(%w+)=(%d+)') do add(name, many) end
  for at = from, #ARGV, 2 do add(ARGV[at], ARGV[at + 1]) end
  for at, name in ipairs(names) do words[at] = name .. '=' .. digits(counts[name]) end
  call('HSET', STAT, field, table.concat(words, ' '))
end

if finishes > 0 then finish() end
keep_times(8 + finishes * 8)
local given, members, asked = {}, {}, wants
if wants > 0 then claim(given, members) end
-- Whoever has room for more is told of new work. Where more is left than this worker takes, others are told now.
call(#members < asked and 'SADD' or 'SREM', T .. 'idle', worker)
call('HSET', SENT, worker, ARGV[3] .. ' ' .. digits(now) .. '|' .. table.concat(lost, ',') .. '|' .. table.concat(died, ',')
  .. '|' .. table.concat(members, ' '))
write_events(ARGV[6])
local ready, due, paused = hints()
if asked > 0 and #members == asked and ready > 0 and ARGV[6] ~= '' then wake_idle(ARGV[6], 2) end
return { 1, ready, due, paused, lost, died, given, missing }
