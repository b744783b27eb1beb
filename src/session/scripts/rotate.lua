-- Gives a session another field, and so another id.
--
-- KEYS: 1 the user's sessions.
-- ARGV: 1 the field, 2 the successor's field, 3 the nonce that the successor was derived with; empty where it is random and
--   the old field goes at once, 4 how long the old field stays an alias in ms, 5 the slack of touches in ms, 6 '1' where the
--   user has just proved who it is, 7 '1' where 8 is the new data.
-- Reply: a list: 1 and the successor's record; or 2, the record and the aliases on the way to it, where the field is an alias
--   already; or 0 where no session is.
-- Caller: src/session/requests.rs, for a session that stays with its user.
--
-- A call that is sent again finds its own successor. Parallel calls agree on the first one's, whose nonce the alias has.

local key, field, successor, nonce, slack = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local old, path, aliases = field, {}, {}
local value = redis.call('HGET', key, field)
for _ = 1, 3 do
  local till = value and string.match(value, '^a(%d+)\n')
  if not till then break end
  if now >= tonumber(till) then
    value = false
    break
  end
  path[#path + 1], aliases[#aliases + 1] = old, value
  old = string.sub(value, string.find(value, '\n') + 1, -17)
  value = redis.call('HGET', key, old)
end
if not value and nonce == '' then
  old = successor
  value = redis.call('HGET', key, successor)
end
if not value then return {0} end
local created, touched, idle, life, proved, version, about, data =
  string.match(value, '^s(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)\n([^\n]*)\n(.*)$')
if not created or now >= created + life or now >= created + touched + idle + slack then return {0} end
if old == successor then return {1, value} end
if nonce ~= '' and #aliases > 0 then return {2, value, unpack(aliases)} end
if ARGV[7] == '1' then
  data = ARGV[8]
  version = version + 1
end
touched = math.max(0, now - created)
if ARGV[6] == '1' then proved = touched end
local record = string.format('s%s %.0f %s %s %.0f %.0f\n', created, touched, idle, life, proved, version) .. about .. '\n' .. data
redis.call('HSET', key, successor, record)
if nonce == '' then
  redis.call('HDEL', key, old, unpack(path))
else
  redis.call('HSET', key, field, string.format('a%.0f\n', now + tonumber(ARGV[4])) .. successor .. nonce)
end
return {1, record}
