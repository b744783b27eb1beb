-- Decides a batch of calls. A call is one check or several, of which all or none are admitted.
--
-- KEYS: the states of keys, then the blocks of identities, then the blocks of policies; each key once.
-- ARGV: 1 the checks, 7 bytes each: the number of its policy; where its state is among the states, its block among those
--   of identities and its block among those of policies (0: none); its cost (255: it stands at the end); 0, 1 (shadow: it
--   rejects nothing) or 2 (peek: its call takes nothing); 1 where it is the last of its call. 2 how many states, 3 how
--   many blocks of identities, 4 how many policies. Then for each policy its algorithm ('s', 'l', 'g', 'f', 'c' or 'h'), the
--   highest cost that it admits at once, its window in ms ('g': its interval in us; 'c': its period in ms, 0 for months;
--   'h': how long a lease lasts), how long a rejection blocks, in ms ('h': the name of the lease that is taken). Then the
--   costs of 255 and more.
-- Reply: 1 the server's time in us, 2 a letter a check: 'a' admitted, 'l' over the limit, 'n' over the limit and blocked
--   from now on, 'b' blocked, 'e' failed; nothing where all are 'a'. Then for each check what its verdict is made of: the
--   state of its key, after it where its call is admitted; of a log "cost that counts:ms of the newest entry:ms of the
--   newest that must leave"; of leases "costs of those that live:ms when the first ends, or 0 where that is not
--   asked:ms when the last ends"; for 'b' the ms that are left and '|' before that; for 'e' the server's refusal.
-- Caller: src/limiter/batch.rs, for up to 128 checks of one slot.
--
-- States. Sliding: "window:admitted before:admitted". GCRA: the us at which all is free. Fixed: "start in ms:admitted".
-- Calendar: 'C', then "start of the period in ms:admitted". Leases: a zset with a member for each unit of cost, "name of the
-- lease:its length in ms" and for all but the first ":number", by the ms when it ends; no string.
-- Log: 'L', two bytes of a sum, then 8 bytes an entry: its ms in six, the sum of all costs until then in two, modulo 2^16.
-- A block: "end in ms:length in ms". What has another shape, or another type, counts as absent. A state or block from the
-- future (a clock was set back) becomes one of now, also where nothing is admitted. A calendar's of a shorter period, which a
-- policy had before, becomes one of the period in which it lies.
--
-- A key lives a little longer than it counts, because the server may fix its end by an earlier clock than TIME. Numbers
-- are written with '%d', which is fast, where they fit into any C long, and with '%.0f' otherwise.

local byte, sub, match, format = string.byte, string.sub, string.match, string.format
local floor, ceil, max = math.floor, math.ceil, math.max
local slack, exact, long = 100, 9007199254740992, 2147483648
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local now = floor(us / 1000)
local values = redis.call('MGET', unpack(KEYS))

local function life_text(ms)
  ms = ceil(ms) + slack
  if ms < long then return format('%d', ms) end
  return format('%.0f', ms)
end

-- Each algorithm answers: whether it admits the cost; the next state and its lifetime, where a cost is taken; the state of
-- now where it was of the future; what the reply shows instead of the state, before and after. Of a state of another shape
-- it shows nothing.

local function sliding(policy, state, cost)
  local head, before, used, kept, seen = policy.fresh, 0, 0, nil, ''
  if state and #state <= 64 then
    local front, window, p, n = match(state, '^((%d+):(%d+):)(%d+)$')
    local admitted_before, admitted = tonumber(p), tonumber(n)
    if front and admitted_before + admitted < exact then
      seen = nil
      if window == policy.window_text then
        head, before, used = front, admitted_before, admitted
      else
        window = tonumber(window)
        if window == policy.window - 1 then
          head, before = policy.head .. n .. ':', admitted
        elseif window > policy.window then
          head, before, used = policy.head .. p .. ':', admitted_before, admitted
          kept = head .. n
        end
      end
    end
  end
  -- The first call of most identities, for which nothing has to be computed.
  if not state and cost == 1 and policy.capacity > 0 then return true, policy.one, policy.life end
  if cost == 0 then return true, nil, nil, kept, seen end
  used = used + cost
  if before * policy.left + used * policy.span > policy.room then return false, nil, nil, kept, seen end
  return true, head .. format(policy.form, used), policy.life, kept
end

local function gcra(policy, state, cost)
  local free, kept, seen = us, nil, ''
  if state and #state <= 16 and match(state, '^%d+$') then
    seen = nil
    free = max(us, tonumber(state))
    if free > us + policy.room then
      free = us + policy.room
      kept = format('%.0f', free)
    end
  end
  if cost == 0 then return true, nil, nil, kept, seen end
  free = free + cost * policy.span
  if free > us + policy.room then return false, nil, nil, kept, seen end
  return true, format('%.0f', free), life_text((free - us) / 1000), kept
end

local function fixed(policy, state, cost)
  if not state and cost == 1 and policy.capacity > 0 then return true, policy.one, policy.life end
  local head, start, used, kept, seen = policy.head, now, 0, nil, ''
  if state and #state <= 64 then
    local front, s, n = match(state, '^((%d+):)(%d+)$')
    local begun, admitted = tonumber(s), tonumber(n)
    if front and begun + admitted < exact and begun + policy.span > now then
      used, seen = admitted, nil
      if begun > now then
        kept = head .. n
      else
        head, start = front, begun
      end
    end
  end
  if cost == 0 then return true, nil, nil, kept, seen end
  used = used + cost
  if used > policy.capacity then return false, nil, nil, kept, seen end
  return true, head .. format(policy.form, used), life_text(start + policy.span - now), kept
end

-- The time of a log's entry, and the sum of all costs until then.
local function entry(log, i)
  local high, low, sum = struct.unpack('>I4I2I2', log, 8 * i - 4)
  return high * 65536 + low, sum
end

local function entry_text(sum)
  return struct.pack('>I4I2I2', floor(now / 65536), now % 65536, sum % 65536)
end

-- The first entry that is later than a time.
local function later(log, count, ms)
  local low, high = 1, count + 1
  if count > 0 and entry(log, 1) > ms then return 1 end
  while low < high do
    local middle = floor((low + high) / 2)
    if entry(log, middle) > ms then high = middle else low = middle + 1 end
  end
  return low
end

-- When the newest of the oldest entries happened whose costs, counted from `base`, are at least `over`.
local function leaving(log, first, count, base, over)
  local low, high = first, count
  while low < high do
    local middle = floor((low + high) / 2)
    local _, sum = entry(log, middle)
    if (sum - base) % 65536 >= over then high = middle else low = middle + 1 end
  end
  return (entry(log, low))
end

local function log(policy, state, cost)
  local base, total, newest, count, first, kept = 0, 0, 0, 0, 1, nil
  if state and #state > 3 and #state % 8 == 3 and byte(state) == 76 then
    count = (#state - 3) / 8
    base = struct.unpack('>I2', state, 2)
    newest, total = entry(state, count)
    if newest > now then
      count = later(state, count, now)
      kept = sub(state, 1, 8 * count - 5) .. entry_text(total)
      state, newest = kept, now
    end
    first = later(state, count, now - policy.span)
    if first > 1 then
      local _, sum = entry(state, first - 1)
      base = sum
    end
  end
  local used = (total - base) % 65536
  if used == 0 then newest = 0 end
  if cost > 0 and used + cost > policy.capacity then
    local leaves = 0
    if cost <= policy.capacity then
      leaves = leaving(state, first, count, base, used + cost - policy.capacity)
    end
    return false, nil, nil, kept, format('%d:%.0f:%.0f', used, newest, leaves)
  end
  -- A call of several checks may take nothing, so both are needed.
  local seen = format('%d:%.0f:0', used, newest)
  if cost == 0 then return true, nil, nil, kept, seen end
  local rest = ''
  if first <= count then
    local last = -1
    if newest == now then last = -9 end
    rest = sub(state, 8 * first - 4, last)
  end
  local after = 'L' .. struct.pack('>I2', base) .. rest .. entry_text(total + cost)
  return true, after, policy.life, kept, seen, format('%d:%.0f:0', used + cost, now)
end

-- How many ms of a block are left.
local function shut(at)
  local ends, length = match(values[at], '^(%d+):(%d+)$')
  ends, length = tonumber(ends), tonumber(length)
  if not ends or ends + length >= exact or ends <= now then return 0 end
  if ends - now > length then
    values[at] = format('%.0f:%.0f', now + length, length)
    redis.pcall('SET', KEYS[at], values[at], 'PX', life_text(length))
    return length
  end
  return ends - now
end

-- Functions of rare algorithms are made only where a policy has one.
local argument = 5
local policies = {}
for i = 1, tonumber(ARGV[4]) do
  local kind, capacity, span = ARGV[argument], tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2])
  local block, form = tonumber(ARGV[argument + 3]), '%.0f'
  if capacity < long then form = '%d' end
  if kind == 's' then
    local window = floor(now / span)
    local left, text = (window + 1) * span - now, format('%.0f', window)
    policies[i] = {
      decide = sliding, capacity = capacity, span = span, block = block, form = form, life = life_text(left + span),
      window = window, window_text = text, head = text .. ':', fresh = text .. ':0:', one = text .. ':0:1', left = left,
      room = capacity * span
    }
  elseif kind == 'g' then
    local room = capacity * span
    policies[i] = {decide = gcra, capacity = capacity, span = span, block = block, room = room, life = life_text(room / 1000)}
  elseif kind == 'l' then
    policies[i] = {decide = log, capacity = capacity, span = span, block = block, life = life_text(span)}
  elseif kind == 'c' then
    local start, ends
    if span > 0 then
      start = now - now % span
      ends = start + span
    else
      -- src/limiter/period.rs explains it.
      local function first_of_month(day)
        local d = (day + 719468) % 146097
        local year = floor((d - floor(d / 1460) + floor(d / 36524) - floor(d / 146096)) / 365)
        local of_year = d - (365 * year + floor(year / 4) - floor(year / 100))
        return day - of_year + floor((153 * floor((5 * of_year + 2) / 153) + 2) / 5)
      end
      local first = first_of_month(floor(now / 86400000))
      start, ends = first * 86400000, first_of_month(first + 31) * 86400000
    end
    local head, life = format('C%.0f:', start), life_text(ends - now)
    policies[i] = {capacity = capacity, block = block, life = life, decide = function(_, state, cost)
      local used, kept, seen = 0, nil, ''
      if state and #state <= 64 then
        local s, n = match(state, '^C(%d+):(%d+)$')
        local begun, admitted = tonumber(s), tonumber(n)
        if begun and begun + admitted < exact and begun >= start then
          used, seen = admitted, nil
          if begun > start then kept = head .. n end
        end
      end
      if cost == 0 then return true, nil, nil, kept, seen end
      used = used + cost
      if used > capacity then return false, nil, nil, kept, seen end
      return true, head .. format(form, used), life, kept, seen
    end}
  elseif kind == 'h' then
    local name = ARGV[argument + 3]
    -- The score of the last member.
    local function last_of(key)
      local last = redis.pcall('ZRANGE', key, -1, -1, 'WITHSCORES')
      return tonumber(last[2]) or 0
    end
    -- Leases from the future last as long as they would from now on.
    local function bring_back(key)
      local later = redis.pcall('ZRANGEBYSCORE', key, format('(%.0f', now + span), '+inf', 'WITHSCORES')
      for j = 1, #later, 2 do
        local ends = now + (tonumber(match(later[j], '^[^:]+:(%d+)')) or span)
        if tonumber(later[j + 1]) > ends then redis.pcall('ZADD', key, format('%.0f', ends), later[j]) end
      end
    end
    local function decide(_, _, cost, at)
      local key, first = KEYS[at], 0
      local used = redis.pcall('ZCOUNT', key, format('(%.0f', now), '+inf')
      if type(used) == 'table' then
        redis.pcall('UNLINK', key)
        used = 0
      end
      local last = 0
      if used > 0 then
        last = last_of(key)
        if last > now + span then
          bring_back(key)
          last = last_of(key)
        end
      end
      local admitted = cost == 0 or used + cost <= capacity
      if not admitted then
        local live = redis.pcall('ZRANGEBYSCORE', key, format('(%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
        first = tonumber(live[2]) or 0
      end
      local seen = format('%.0f:%.0f:%.0f', used, first, last)
      if cost == 0 or not admitted then return admitted, nil, nil, nil, seen end
      return true, nil, nil, nil, seen, format('%.0f:0:%.0f', used + cost, max(last, now + span))
    end
    local function member(unit)
      if unit == 1 then return format('%s:%.0f', name, span) end
      return format('%s:%.0f:%d', name, span, unit)
    end
    -- Answers the server's refusal.
    local function take(key, cost)
      redis.pcall('ZREMRANGEBYSCORE', key, '-inf', format('%.0f', now))
      local ends = format('%.0f', now + span)
      for unit = 1, cost do
        local done = redis.pcall('ZADD', key, ends, member(unit))
        if type(done) == 'table' then return done.err end
      end
      redis.pcall('PEXPIRE', key, life_text(max(last_of(key) - now, span)))
    end
    local function give_back(key, cost)
      for unit = 1, cost do redis.pcall('ZREM', key, member(unit)) end
    end
    policies[i] = {capacity = capacity, block = 0, decide = decide, take = take, give_back = give_back}
  else
    policies[i] = {
      decide = fixed, capacity = capacity, span = span, block = block, form = form, life = life_text(span),
      head = format('%.0f:', now), one = format('%.0f:1', now)
    }
  end
  argument = argument + 4
end

local checks = {byte(ARGV[1], 1, -1)}
local count = #checks / 7
local states = tonumber(ARGV[2])
local others = states + ARGV[3]
-- The places of all checks, so that the table need not grow.
local reply = {us, '', byte(ARGV[1], 1, count)}
local letters
-- The checks of a call of several.
local costs, olds, nexts, lives, afters = {}, {}, {}, {}, {}
-- The costs of checks that take a lease.
local leased

local function mark(i, letter)
  letters = letters or {}
  letters[i] = letter
end

-- Takes the costs of a call. Where the server refuses one, what was written before is undone.
local function take(first, last)
  for i = first, last do
    local at = checks[7 * i - 5]
    local refused
    if nexts[i] then
      refused = redis.pcall('SET', KEYS[at], nexts[i], 'PX', lives[i]).err
    elseif leased and leased[i] then
      refused = policies[checks[7 * i - 6]].take(KEYS[at], leased[i])
    end
    if refused then
      for j = i, first, -1 do
        local written, policy = checks[7 * j - 5], policies[checks[7 * j - 6]]
        if leased and leased[j] then
          policy.give_back(KEYS[written], leased[j])
        elseif j < i and nexts[j] then
          if olds[j] then
            redis.pcall('SET', KEYS[written], olds[j], 'PX', policy.life)
          else
            redis.pcall('UNLINK', KEYS[written])
          end
          values[written] = olds[j]
        end
      end
      for j = first, last do
        mark(j, 'e')
        reply[j + 2] = refused
      end
      return
    end
    if nexts[i] then
      values[at] = nexts[i]
      reply[i + 2] = afters[i] or nexts[i]
    elseif leased and leased[i] then
      reply[i + 2] = afters[i]
    end
  end
end

-- Blocks what a rejection blocks.
local function block(first, last)
  for i = first, last do
    local policy, own = policies[checks[7 * i - 6]], checks[7 * i - 3]
    if letters[i] == 'l' and own > 0 and checks[7 * i - 1] == 0 and costs[i] <= policy.capacity then
      local at = others + own
      local value = format('%.0f:%.0f', now + policy.block, policy.block)
      if not redis.pcall('SET', KEYS[at], value, 'PX', life_text(policy.block)).err then
        values[at] = value
        letters[i] = 'n'
      end
    end
  end
end

local first, passes, takes = 1, true, true
for i = 1, count do
  local o = 7 * i - 6
  local policy, at, cost, kind = policies[checks[o]], checks[o + 1], checks[o + 4], checks[o + 5]
  if cost == 255 then
    cost = tonumber(ARGV[argument])
    argument = argument + 1
  end
  local admitted, after, life, kept, seen, seen_after = policy.decide(policy, values[at], cost, at)
  if kept then
    values[at] = kept
    redis.pcall('SET', KEYS[at], kept, 'PX', policy.life)
  end
  local left = 0
  local identity, own = states + checks[o + 2], others + checks[o + 3]
  if identity > states and values[identity] then left = shut(identity) end
  if own > others and values[own] then left = max(left, shut(own)) end
  local shown, is_last = seen or values[at] or '', checks[o + 6] == 1
  if first == i and is_last and after and left == 0 and kind ~= 2 then
    -- Most calls are one check that is admitted: nothing else has to be known of it.
    local done = redis.pcall('SET', KEYS[at], after, 'PX', life)
    if done.err then
      mark(i, 'e')
      shown = done.err
    else
      values[at] = after
      shown = seen_after or after
    end
    reply[i + 2] = shown
    first = i + 1
  else
    if left > 0 then
      mark(i, 'b')
      shown = format('%.0f|', left) .. shown
    elseif admitted then
      nexts[i], olds[i], lives[i], afters[i] = after, values[at], life, seen_after
      if policy.take and cost > 0 then
        leased = leased or {}
        leased[i] = cost
      end
    else
      mark(i, 'l')
      costs[i] = cost
    end
    reply[i + 2] = shown
    if kind == 0 and (left > 0 or not admitted) then passes = false end
    if kind == 2 then takes = false end
    if is_last then
      if not passes then
        block(first, i)
      elseif takes and (i > first or leased) then
        take(first, i)
      end
      first, passes, takes = i + 1, true, true
    end
  end
end
if letters then
  for i = 1, count do letters[i] = letters[i] or 'a' end
  reply[2] = table.concat(letters)
end
return reply
