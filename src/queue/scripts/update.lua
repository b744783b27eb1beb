-- Changes one job that a worker holds.
--
-- KEYS: 1 the queue's hash `meta`, 2 a key that never exists, so that the server refuses the script while its slot moves.
-- ARGV: 1 the time, 2 the member of `lease`, 3 what: progress, log, data or extend, 4 the value, for extend ms from now on, 5 the
--   command that tells others (or empty).
-- Reply: 1; 0 where the member is not there any more, and nothing was done.
-- Caller: src/queue/encode.rs, for a handler's job; it may run twice, but a log line is then there twice.
--
-- A job keeps its last 100 lines.

local member, what, value = ARGV[2], ARGV[3], ARGV[4]
if not call('ZSCORE', LEASE, member) then return 0 end
local id = string.match(member, '^(%w+)')
if what == 'progress' then
  call('HSET', RES, 'p:' .. id, value)
  note('progress', id, nil, 'member=' .. member)
elseif what == 'log' then
  call('RPUSH', T .. 'log:' .. id, value)
  call('LTRIM', T .. 'log:' .. id, -100, -1)
elseif what == 'data' then
  local record = call('GET', T .. 'j:' .. id)
  local head = record and string.match(record, '^([^\n]*\n[^\n]*\n)')
  if head then
    call('SET', T .. 'j:' .. id, head .. value)
    if #head + #value > tonumber(call('HGET', META, 'big') or 0) then call('HSET', META, 'big', #head + #value) end
  end
elseif what == 'extend' then
  call('ZADD', LEASE, 'XX', 'GT', digits(now + tonumber(value)), member)
end
write_events(ARGV[5])
return 1
