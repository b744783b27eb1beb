-- Frees what was left behind: jobs whose lease has ended, and ended jobs, senders and workers that are too old.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 how often a job's lease may end before it is dead, 3 the command that tells others (or empty), 4 the outcome
--   of jobs that are dead of it.
-- Reply: 1 where it swept, 0 where somebody did within the last second; then hints, pairs of the ids of jobs whose lease had ended
--   and 1 where they are dead of it, how many records were missing, ms until a schedule has its next slot (-1: none has), and
--   the server's time in ms.
-- Caller: src/queue/encode.rs, once a second for each queue that a worker of the process takes jobs of.
--
-- Looks at 100 ended leases, 200 ended jobs of each kind and 100 senders. Its first write frees.

local slot = call('ZRANGE', T .. 'sched', 0, 0, 'WITHSCORES')[2]
local slot_in = slot and math.max(0, tonumber(slot) - now) or -1
local next_at = tonumber(call('HGET', META, 'sweep') or 0)
if next_at > now and next_at <= now + 1000 then
  local ready, due, paused = hints()
  return { 0, ready, due, paused, {}, 0, slot_in, now }
end
call('UNLINK', KEYS[2])
call('HSET', META, 'sweep', digits(now + 1000))

local has_orgs = call('EXISTS', ORGS) == 1
local told, missing = {}, 0

local function free_place(org, id)
  if not has_orgs then return end
  call('SREM', T .. 'busy:' .. org, id)
  if not call('HGET', ORGS, ':b:' .. org) then return end
  local own = tonumber(call('HGET', ORGS, ':v:' .. org))
  call('HDEL', ORGS, ':v:' .. org, ':b:' .. org)
  call('ZREM', PARKED, org)
  enter(org, own)
end

local function bury(id, member, record_bytes)
  local token, since = string.match(member, '^%w+:(%d+):[^:]*:(%d+)$')
  local bytes = record_bytes + #ARGV[4]
  call('HSET', RES, id, 'd ' .. digits(now) .. ' ' .. since .. ' ' .. token .. ' ' .. bytes .. '\n' .. ARGV[4])
  call('ZADD', DEAD, digits(now), dead_entry(id, bytes))
  count('bdead', bytes)
  count('died', 1)
  if call('SREM', T .. 'waits', id) == 1 then tell(ARGV[3], 'e' .. id .. ' ' .. call('HGET', RES, id)) end
end

local ended = call('ZRANGEBYSCORE', LEASE, '-inf', digits(now), 'LIMIT', 0, 100)
if #ended > 0 then call('ZREM', LEASE, unpack(ended)) end
for at = #ended, 1, -1 do
  local member = ended[at]
  local id = string.match(member, '^(%w+)')
  local key = T .. 'j:' .. id
  local head = call('GETRANGE', key, 0, 4095)
  if head == '' then
    missing = missing + 1
  else
    local org, stalls = org_of(head), tonumber(string.match(head, ' s(%d%d) ')) or 98
    stalls = math.min(99, stalls + 1)
    call('SETRANGE', key, 10, string.format('%02d', stalls))
    count('stalled', 1)
    free_place(org, id)
    note('stalled', id, head, 'member=' .. member)
    local is_stopped = call('SREM', T .. 'cancel', id) == 1
    if is_stopped then
      note('removed', id, head)
      free_mark(id, until_done(head))
      forget({ id })
      count('removed', 1)
      if call('SREM', T .. 'waits', id) == 1 then tell(ARGV[3], 'e' .. id) end
    elseif stalls > tonumber(ARGV[2]) then
      note('dead', id, head, 'attempt=' .. attempt_of(head) .. ' member=' .. member)
      free_mark(id, until_done(head))
      bury(id, member, call('STRLEN', key))
    else
      make_ready(org, { id }, priority_of(head), true)
      wake(ARGV[3], 1)
    end
    told[#told + 1] = id
    told[#told + 1] = (is_stopped or stalls > tonumber(ARGV[2])) and 1 or 0
  end
end
count('evicted', missing)

keep_row()
trim(false, 200, kept_of(false))
trim(true, 200, kept_of(true))

-- Senders that a day has passed without a call of, a page at a time; workers without a sign for a minute.
local cursor = call('HGET', META, 'cursor') or '0'
local page = call('HSCAN', SENT, cursor, 'COUNT', 100)
if page[1] ~= cursor then call('HSET', META, 'cursor', page[1]) end
for at = 1, #page[2], 2 do
  local time = tonumber(string.match(page[2][at + 1], '^%d+ (%d+)'))
  if not time or now - time > 86400000 then call('HDEL', SENT, page[2][at]) end
end
local workers = call('HSCAN', T .. 'workers', 0, 'COUNT', 100)
for at = 1, #workers[2], 2 do
  if now - tonumber(workers[2][at + 1]) > 60000 then
    call('HDEL', T .. 'workers', workers[2][at])
    call('SREM', T .. 'idle', workers[2][at])
  end
end

-- Counts of running jobs that no lease bears out, of one organization at a time.
if has_orgs and call('ZCARD', LEASE) <= 1000 then
  local from = call('HGET', META, 'orgcursor') or '0'
  local some = call('HSCAN', ORGS, from, 'COUNT', 20)
  if some[1] ~= from then call('HSET', META, 'orgcursor', some[1]) end
  local active
  for at = 1, #some[2], 2 do
    local org = some[2][at]
    if string.sub(org, 1, 1) ~= ':' and call('EXISTS', T .. 'busy:' .. org) == 1 then
      if not active then
        active = {}
        for _, member in ipairs(call('ZRANGE', LEASE, 0, 999)) do active[string.match(member, '^(%w+)')] = true end
      end
      for _, id in ipairs(call('SRANDMEMBER', T .. 'busy:' .. org, 100)) do
        if not active[id] then call('SREM', T .. 'busy:' .. org, id) end
      end
    end
  end
end
-- Events of which nobody has wanted to hear for an hour.
local till = tonumber(call('HGET', LISTEN, 'till'))
if till and now - till > 3600000 then call('UNLINK', EV, LISTEN) end
write_events(ARGV[3])
local ready, due, paused = hints()
return { 1, ready, due, paused, told, missing, slot_in, now }
