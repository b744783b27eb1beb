-- Gives back what an admitted check took.
--
-- KEYS: 1 the state.
-- ARGV: 1 the policy's algorithm ('s', 'l', 'g', 'f' or 'c'), 2 the highest cost that it admits at once, 3 its window in ms
--   ('g': its interval in us), 4 the cost, 5 the server's time in us when it was taken, or 0 for the newest.
-- Reply: 1, or 0 where nothing of it was left.
-- Caller: src/limiter/commands.rs, for a caller's refund and after a call of several slots that one of them rejected.
--
-- The cost goes back to the window that it was taken from. What has left that window, or leaked, is free already. Nothing
-- falls below 0, and no key is made. src/limiter/scripts/consume.lua describes the states.

local key, kind = KEYS[1], ARGV[1]
local capacity, span, cost, taken_us = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local slack, exact = 100, 9007199254740992
local floor, min, max, format, match = math.floor, math.min, math.max, string.format, string.match
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local now, taken = floor(us / 1000), floor(taken_us / 1000)
local state = redis.pcall('GET', key)
if type(state) ~= 'string' then return 0 end

local function write(text, ms)
  if ms > 0 then
    redis.call('SET', key, text, 'PX', ms + slack)
  else
    redis.call('UNLINK', key)
  end
  return 1
end

local function sliding()
  local window, before, used = match(state, '^(%d+):(%d+):(%d+)$')
  window, before, used = tonumber(window), tonumber(before), tonumber(used)
  if not window or window + before + used >= exact then return 0 end
  local current = floor(now / span)
  if window == current - 1 then
    before, used = used, 0
  elseif window < current then
    return 0
  end
  local from = current
  if taken_us > 0 then from = floor(taken / span) end
  local given, given_before = 0, 0
  if from >= current then given = min(used, cost) end
  if taken_us == 0 then
    given_before = min(before, cost - given)
  elseif from == current - 1 then
    given_before = min(before, cost)
  end
  if given + given_before == 0 then return 0 end
  local text = format('%.0f:%.0f:%.0f', current, before - given_before, used - given)
  return write(text, (current + 2) * span - now)
end

local function gcra()
  if #state > 16 or not match(state, '^%d+$') then return 0 end
  local free = min(tonumber(state), us + capacity * span)
  local whole = min(cost, capacity) * span
  local there = whole
  if taken_us > 0 then there = min(whole, taken_us + whole - us) end
  if free <= us or there <= 0 then return 0 end
  free = free - there
  return write(format('%.0f', free), math.ceil((free - us) / 1000))
end

local function fixed()
  local start, used = match(state, '^(%d+):(%d+)$')
  start, used = tonumber(start), tonumber(used)
  if not start or start + used >= exact or start + span <= now then return 0 end
  if used == 0 or (taken_us > 0 and taken < start) then return 0 end
  return write(format('%.0f:%.0f', start, max(0, used - cost)), min(start, now) + span - now)
end

local function calendar()
  local start, used = match(state, '^C(%d+):(%d+)$')
  start, used = tonumber(start), tonumber(used)
  if not start or start + used >= exact or used == 0 or (taken_us > 0 and taken < start) then return 0 end
  -- The key ends with the period, so it keeps its life.
  redis.call('SET', key, format('C%.0f:%.0f', start, max(0, used - cost)), 'KEEPTTL')
  return 1
end

local function log()
  if string.byte(state) ~= 76 or #state <= 3 or #state % 8 ~= 3 then return 0 end
  local i, given, kept = (#state - 3) / 8 + 1, 0, {}
  local base = struct.unpack('>I2', state, 2)
  -- From the newest entry back, until the cost is found. What was found is written anew behind the entries before it.
  while i > 1 and given < cost do
    local high, low, sum = struct.unpack('>I4I2I2', state, 8 * i - 12)
    local before, ms = base, high * 65536 + low
    if ms + span <= now or (taken_us > 0 and ms < taken) then break end
    if i > 2 then before = struct.unpack('>I2', state, 8 * i - 14) end
    local left = (sum - before) % 65536
    if taken_us == 0 or ms == taken then
      local gone = min(left, cost - given)
      given, left = given + gone, left - gone
    end
    kept[#kept + 1] = {ms, left}
    i = i - 1
  end
  if given == 0 then return 0 end
  local sum, newest = base, 0
  if i > 1 then
    local high, low
    high, low, sum = struct.unpack('>I4I2I2', state, 8 * i - 12)
    newest = high * 65536 + low
  end
  local parts = {string.sub(state, 1, 8 * i - 5)}
  for j = #kept, 1, -1 do
    local ms, left = kept[j][1], kept[j][2]
    if left > 0 then
      sum, newest = (sum + left) % 65536, ms
      parts[#parts + 1] = struct.pack('>I4I2I2', floor(ms / 65536), ms % 65536, sum)
    end
  end
  return write(table.concat(parts), min(newest, now) + span - now)
end

if kind == 's' then return sliding() end
if kind == 'g' then return gcra() end
if kind == 'l' then return log() end
if kind == 'c' then return calendar() end
return fixed()
