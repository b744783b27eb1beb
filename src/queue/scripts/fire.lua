-- Adds the jobs of schedules: those of slots that are due, and single ones that somebody asks for.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the command that tells others (PUBLISH, SPUBLISH, or empty), 3 `fire` or `run`.
--   fire, for each move: the schedule, its revision, the slot that the caller believes due, the next slot (empty: it is over), the
--   id of the job (empty: none), the slot of the job, how many slots are passed without a job.
--   run: the schedule, the id of the job.
-- Reply: fire: ms until the next slot of any schedule (-1: there is none), then for each move 1 where it added a job, 2 where it
--   moved on without one, 0 where the schedule is another one by now or stands at another slot. run: 1 and the id of the job; 2
--   and the id of the one that has not ended, which the schedule does not allow another one beside; 0 for an unknown schedule.
-- Caller: src/queue/schedule/encode.rs, for a process that has a worker of the queue, and for operators.
--
-- A move that was made changes nothing when it comes again, since the slot is another one; a run is known by its job for an hour.
-- Its first write may be refused for want of memory; then nothing was done, unless that write ends a schedule.

local SCHED = T .. 'sched'
local RUN_KNOWN_MS = 3600000
local ready = tonumber(call('HGET', META, 'ready') or 0)
local operations = {}
local added = 0

local function held_by(member)
  local names = { 'rev', 'head', 'mid', 'tail', 'org', 'prio', 'overlap', 'count', 'runs', 'job' }
  local values = call('HMGET', T .. 's:' .. member, unpack(names))
  if not values[1] then return nil end
  local held = {}
  for at, name in ipairs(names) do held[name] = values[at] end
  return held
end

-- Whether the schedule's last job waits or runs, and so keeps others away.
local function is_taken(held)
  return held.overlap == 'skip' and held.job and call('EXISTS', T .. 'j:' .. held.job) == 1
    and call('HEXISTS', RES, held.job) == 0
end

local function add(held, id, slot)
  local record = held.head .. digits(now) .. held.mid .. ',"a":' .. slot .. held.tail
  call('SET', T .. 'j:' .. id, record)
  make_ready(held.org, { id }, tonumber(held.prio), false)
  note('added', id, record)
  count('added', 1)
  if #record > tonumber(call('HGET', META, 'big') or 0) then call('HSET', META, 'big', #record) end
  added = added + 1
end

local function move(member, revision, slot, next_slot, id, at, skipped)
  local stands = call('ZSCORE', SCHED, member)
  local held = stands and held_by(member)
  if not held or held.rev ~= revision or tonumber(stands) ~= tonumber(slot) then return 0 end
  local key = T .. 's:' .. member
  local runs, most, moved = tonumber(held.runs), tonumber(held.count), 2
  if id ~= '' and (most == 0 or runs < most) then
    if is_taken(held) then
      skipped = skipped + 1
    elseif call('EXISTS', T .. 'j:' .. id) == 0 then
      add(held, id, at)
      runs, moved = runs + 1, 1
    end
  end
  if next_slot == '' or (most > 0 and runs >= most) then
    call('ZREM', SCHED, member)
    call('UNLINK', key)
    return moved
  end
  call('ZADD', SCHED, next_slot, member)
  if moved == 1 then call('HSET', key, 'runs', runs, 'at', at, 'job', id) end
  if skipped > 0 then call('HINCRBY', key, 'skipped', skipped) end
  return moved
end

function operations.fire()
  local reply = { -1 }
  for from = 4, #ARGV, 7 do
    local skipped = tonumber(ARGV[from + 6])
    local moved = move(ARGV[from], ARGV[from + 1], ARGV[from + 2], ARGV[from + 3], ARGV[from + 4], ARGV[from + 5], skipped)
    reply[#reply + 1] = moved
  end
  local first = call('ZRANGE', SCHED, 0, 0, 'WITHSCORES')[2]
  if first then reply[1] = math.max(0, tonumber(first) - now) end
  return reply
end

function operations.run()
  local member, id = ARGV[4], ARGV[5]
  local held = held_by(member)
  if not held then return { 0 } end
  if call('EXISTS', T .. 'idem:' .. id) == 1 then return { 1, id } end
  if is_taken(held) then return { 2, held.job } end
  call('SET', T .. 'idem:' .. id, id .. ' ', 'PX', RUN_KNOWN_MS)
  add(held, id, digits(now))
  call('HSET', T .. 's:' .. member, 'at', digits(now), 'job', id)
  return { 1, id }
end

local reply = operations[ARGV[3]]()
if added > 0 and ready == 0 then wake(ARGV[2], added) end
write_events(ARGV[2])
return reply
