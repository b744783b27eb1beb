-- Reads a page of a topic's messages.
--
-- KEYS: 1 the stream.
-- ARGV: 1 "a": what comes after a place, "b": what comes before it, latest first, 2 the place (an id; behind "b" also "+"),
--   3 how many at most, 4 the bytes after which the page ends.
-- Reply: a list of the id of the stream's last entry ("0-0" where there is none) and the server's time in ms, then of each
--   message its id, the id of the entry before it, and the message.
-- Caller: src/topic/requests.rs, for readers that go on where they stopped, and for the history.

local stream, place, left, bytes = KEYS[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
local time = redis.call('TIME')
local page = {last and last[1] or '0-0', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}
while left > 0 and bytes > 0 do
  local count, bound, found = math.min(left, 16), place == '+' and place or '(' .. place
  if ARGV[1] == 'a' then
    found = redis.call('XRANGE', stream, bound, '+', 'COUNT', count)
  else
    found = redis.call('XREVRANGE', stream, bound, '-', 'COUNT', count)
  end
  for _, entry in ipairs(found) do
    if bytes <= 0 then break end
    local before, message = '0-0', ''
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'b' then before = entry[2][i + 1] end
      if entry[2][i] == 'm' then message = entry[2][i + 1] end
    end
    page[#page + 1], page[#page + 2], page[#page + 3] = entry[1], before, message
    place, bytes = entry[1], bytes - #message
  end
  if #found < count then break end
  left = left - count
end
return page
