-- Adds jobs, all or none.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the sender, 3 the number of its call, 4 how many jobs may wait (0: any number), 5 the command that tells
--   others (PUBLISH, SPUBLISH, or empty), 6 how many jobs; then for each: id, organization, the record up to its time of creation,
--   the record behind it; then for each job that has a priority, a delay or a mark: its position, priority, delay in ms, mark of
--   idempotency (or empty), digest of the payload, how long the mark lives in ms (0: as long as the job).
-- Reply: 1 with hints and pairs of a job's position and the id that has its mark (empty: for another payload); 2 with hints
--   where too many would wait; 0 where the number is older than one that is known. Hints are three numbers: jobs ready, ms
--   until something is due (-1: nothing is), 1 where the queue is paused.
-- Caller: src/queue/encode.rs, for a producer's sender.
--
-- Its first write may be refused for want of memory; then nothing was done. A known number changes nothing and answers again.

local number = tonumber(ARGV[3])
local known = call('HGET', SENT, ARGV[2])
if known then
  local last, held = string.match(known, '^(%d+) %d+(.*)$')
  if number < tonumber(last) then return { 0 } end
  if number == tonumber(last) then
    local reply = { 1, hints() }
    for at, id in string.gmatch(held, ' (%d+)=(%w*)') do
      reply[#reply + 1] = tonumber(at)
      reply[#reply + 1] = id
    end
    return reply
  end
end
local most, jobs = tonumber(ARGV[4]), tonumber(ARGV[6])
local ready = tonumber(call('HGET', META, 'ready') or 0)
if most > 0 and ready + call('ZCARD', DELAYED) + jobs > most then return { 2, hints() } end
local created = digits(now)
local records, orgs, of_org, prior, later, held, largest = {}, {}, {}, {}, {}, '', 0
local added, first_due = 0
-- Where the words of a job begin that a plain one does not have.
local special = {}
for from = 7 + jobs * 4, #ARGV, 6 do special[tonumber(ARGV[from])] = from end
for at = 1, jobs do
  local from = 6 + (at - 1) * 4
  local id, org = ARGV[from + 1], ARGV[from + 2]
  local priority, delay, mark, digest, lives = 0, 0, '', '', 0
  local more = special[at]
  if more then
    priority, delay = tonumber(ARGV[more + 1]), tonumber(ARGV[more + 2])
    mark, digest, lives = ARGV[more + 3], ARGV[more + 4], tonumber(ARGV[more + 5])
  end
  local is_new = true
  if mark ~= '' then
    local value = id .. ' ' .. digest
    local key = T .. 'idem:' .. mark
    local is_set
    if lives > 0 then
      is_set = call('SET', key, value, 'NX', 'PX', digits(lives))
    else
      is_set = call('SET', key, value, 'NX')
    end
    if not is_set then
      is_new = false
      local other, known_digest = string.match(call('GET', key), '^(%S+) (%S*)$')
      if other ~= id then held = held .. ' ' .. at .. '=' .. (known_digest == digest and other or '') end
    end
  end
  if is_new then
    local record = ARGV[from + 3] .. created .. ARGV[from + 4]
    if #record > largest then largest = #record end
    records[added * 2 + 1] = T .. 'j:' .. id
    records[added * 2 + 2] = record
    added = added + 1
    note('added', id, record, delay > 0 and 'delay=' .. digits(delay))
    if delay > 0 then
      local due = now + delay
      if not first_due or due < first_due then first_due = due end
      later[#later + 1] = digits(due)
      later[#later + 1] = 'b' .. digits(priority) .. ':' .. id .. ':' .. org
    elseif priority ~= 0 then
      prior[#prior + 1] = { org, id, priority }
    else
      local ids = of_org[org]
      if not ids then
        ids = {}
        of_org[org] = ids
        orgs[#orgs + 1] = org
      end
      ids[#ids + 1] = id
    end
  end
end
local is_news = false
if added > 0 then
  call('MSET', unpack(records))
  if #later > 0 then
    local first = call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
    is_news = not first or first_due < tonumber(first)
    call('ZADD', DELAYED, unpack(later))
  end
  for _, org in ipairs(orgs) do put_ready(org, of_org[org], 0, false) end
  for _, job in ipairs(prior) do
    put_ready(job[1], { job[2] }, job[3], false)
    if not of_org[job[1]] then
      of_org[job[1]] = {}
      orgs[#orgs + 1] = job[1]
    end
  end
  enter_all(orgs)
  count('ready', added - #later / 2)
  is_news = is_news or (ready == 0 and #orgs > 0)
  count('added', added)
  if largest > tonumber(call('HGET', META, 'big') or 0) then call('HSET', META, 'big', largest) end
end
if is_news then wake(ARGV[5], added) end
write_events(ARGV[5])
call('HSET', SENT, ARGV[2], ARGV[3] .. ' ' .. created .. held)
local reply = { 1, hints() }
for at, id in string.gmatch(held, ' (%d+)=(%w*)') do
  reply[#reply + 1] = tonumber(at)
  reply[#reply + 1] = id
end
return reply
