-- Lengthens the leases of a worker's jobs.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the worker, 3 the lease in ms, then the members of `lease`.
-- Reply: 1 with hints, the positions of members that are not there any more, those whose jobs are to be stopped.
-- Caller: src/queue/encode.rs, for a worker; it may run twice without harm.
--
-- Its first write frees, so a full server does not refuse it.

local members = { unpack(ARGV, 4) }
local lost, stopped, renewed, ids = {}, {}, {}, {}
if #members > 0 then
  local till = digits(now + tonumber(ARGV[3]))
  local held = {}
  for at, time in ipairs(call('ZMSCORE', LEASE, unpack(members))) do
    if time then
      held[#held + 1] = members[at]
      renewed[#renewed + 1] = digits(math.max(tonumber(till), tonumber(time)))
      renewed[#renewed + 1] = members[at]
    else
      lost[#lost + 1] = at
    end
    ids[at] = string.match(members[at], '^(%w+)')
  end
  if #held > 0 then
    call('ZREM', LEASE, unpack(held))
    call('ZADD', LEASE, unpack(renewed))
  end
  if call('EXISTS', T .. 'cancel') == 1 then
    for at, is_stopped in ipairs(call('SMISMEMBER', T .. 'cancel', unpack(ids))) do
      if is_stopped == 1 then stopped[#stopped + 1] = at end
    end
  end
end
call('UNLINK', KEYS[2])
call('HSET', T .. 'workers', ARGV[2], digits(now))
local ready, due, paused = hints()
return { 1, ready, due, paused, lost, stopped }
