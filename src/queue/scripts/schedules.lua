-- Keeps the schedules of a queue: makes, replaces and removes them, tells which there are and which are due.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the command that tells others (or empty), 3 the operation, then what it takes: see each below.
-- Reply: a list of numbers and texts, as each operation says.
-- Caller: src/queue/schedule/encode.rs, for operators, and for a process that has a worker of the queue. Each operation may run twice
--   without harm.
--
-- A schedule is named by its id, and behind a colon its organization where it has one, both escaped. `sched` has it by its next
-- slot, `s:<name>` its fields. There are at most 10,000. A page is 100 of them and 1 MiB.

local SCHED = T .. 'sched'
local MOST, PAGE, BUDGET, CLEARED = 10000, 100, 1048576, 200
local operations = {}

local function key_of(member)
  return T .. 's:' .. member
end

local function org_of_schedule(member)
  return string.match(member, ':(.*)$') or ''
end

-- id, organization with `=` in front or empty for any -> the time, 1 and its name; 0: there is none; 2: several organizations have
-- one of this id.
function operations.find()
  local id, only = ARGV[4], ARGV[5]
  local own = id
  if #only > 1 then own = id .. ':' .. string.sub(only, 2) end
  if call('ZSCORE', SCHED, own) then return { digits(now), 1, own } end
  if only ~= '' then return { digits(now), 0, '' } end
  local found, cursor = nil, '0'
  repeat
    local page = call('ZSCAN', SCHED, cursor, 'MATCH', id .. ':*', 'COUNT', 1000)
    for at = 1, #page[2], 2 do
      if found and found ~= page[2][at] then return { digits(now), 2, '' } end
      found = page[2][at]
    end
    cursor = page[1]
  until cursor == '0'
  return { digits(now), found and 1 or 0, found or '' }
end

-- name, times, first slot, missed, overlap, count (0: none), organization, priority, the record up to its time of creation, behind
-- it up to the slot, and behind that -> 1 where it is new, 0 where it replaces one, 2 where there are too many; and its next slot.
-- The same times keep the slot and what is counted. Its first write may be refused for want of memory.
function operations.put()
  local member, times, slot = ARGV[4], ARGV[5], ARGV[6]
  local key, stands = key_of(ARGV[4]), call('ZSCORE', SCHED, ARGV[4])
  if not stands and call('ZCARD', SCHED) >= MOST then return { 2, '' } end
  local is_same = stands and call('HGET', key, 'times') == times
  local revision = call('HINCRBY', META, 'srev', 1)
  call('HSET', key, 'rev', revision, 'times', times, 'missed', ARGV[7], 'overlap', ARGV[8], 'count', ARGV[9], 'org', ARGV[10],
    'prio', ARGV[11], 'head', ARGV[12], 'mid', ARGV[13], 'tail', ARGV[14], 'bytes', #ARGV[14])
  if is_same then
    slot = digits(tonumber(stands))
  else
    call('HSET', key, 'runs', 0, 'skipped', 0)
    call('ZADD', SCHED, slot, member)
  end
  tell(ARGV[2], 's')
  return { stands and 0 or 1, slot }
end

-- name -> 1 where it was there.
function operations.remove()
  local removed = call('ZREM', SCHED, ARGV[4])
  call('UNLINK', key_of(ARGV[4]))
  return { removed }
end

-- organization with `=` in front or empty for all, where to begin, how many -> where to go on (empty: at the end), how many there
-- are, then for each: name, next slot, times, missed, overlap, count, runs, skipped, slot of the last job, its id, and the record in
-- three parts.
function operations.page()
  local only, from, most = ARGV[4], tonumber(ARGV[5]), math.min(PAGE, tonumber(ARGV[6]))
  local total, all = call('ZCARD', SCHED), nil
  if only == '' then
    all = call('ZRANGE', SCHED, from, from + most - 1, 'WITHSCORES')
  else
    local every, meant = call('ZRANGE', SCHED, 0, -1, 'WITHSCORES'), {}
    for at = 1, #every, 2 do
      if org_of_schedule(every[at]) == string.sub(only, 2) then
        meant[#meant + 1] = every[at]
        meant[#meant + 1] = every[at + 1]
      end
    end
    total, all = #meant / 2, {}
    for at = 2 * from + 1, math.min(#meant, 2 * (from + most)) do all[#all + 1] = meant[at] end
  end
  local reply, left, taken = { '', total }, BUDGET, 0
  for at = 1, #all, 2 do
    local key = key_of(all[at])
    local bytes = tonumber(call('HGET', key, 'bytes') or 0)
    if taken > 0 and bytes > left then break end
    left = left - bytes
    taken = taken + 1
    reply[#reply + 1] = all[at]
    reply[#reply + 1] = digits(tonumber(all[at + 1]))
    local names = { 'times', 'missed', 'overlap', 'count', 'runs', 'skipped', 'at', 'job', 'head', 'mid', 'tail' }
    for _, value in ipairs(call('HMGET', key, unpack(names))) do reply[#reply + 1] = value or '' end
  end
  if from + taken < total then reply[1] = digits(from + taken) end
  return reply
end

-- organization with `=` in front or empty for all, where the scan goes on -> how many were removed, where it goes on (0: at the
-- end).
function operations.clear()
  local page = call('ZSCAN', SCHED, ARGV[5], 'COUNT', CLEARED)
  local removed = 0
  for at = 1, #page[2], 2 do
    local member = page[2][at]
    if ARGV[4] == '' or '=' .. org_of_schedule(member) == ARGV[4] then
      removed = removed + call('ZREM', SCHED, member)
      call('UNLINK', key_of(member))
    end
  end
  return { removed, page[1] }
end

-- -> ms until the next slot that is not due (-1: there is none), how many processes hear of new work (at least 1), the time, then for each of up
-- to 100 schedules that are due: name, slot, revision, times, missed, bytes of its job.
function operations.due()
  local due = call('ZRANGEBYSCORE', SCHED, '-inf', digits(now), 'WITHSCORES', 'LIMIT', 0, PAGE)
  local later = call('ZRANGEBYSCORE', SCHED, '(' .. digits(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local hearers = math.max(1, tonumber(call('HGET', META, 'heard') or 1))
  local reply = { later and tonumber(later) - now or -1, hearers, digits(now) }
  for at = 1, #due, 2 do
    local key = key_of(due[at])
    local held = call('HMGET', key, 'rev', 'times', 'missed', 'bytes')
    if held[1] then
      reply[#reply + 1] = due[at]
      reply[#reply + 1] = digits(tonumber(due[at + 1]))
      for part = 1, 3 do reply[#reply + 1] = held[part] end
      reply[#reply + 1] = tonumber(held[4] or 0)
    else
      -- Its fields were evicted.
      call('ZREM', SCHED, due[at])
      count('evicted', 1)
    end
  end
  return reply
end

return operations[ARGV[3]]()
