-- Erases the sessions of an organization among the keys that a scan has found, or counts them.
--
-- KEYS: keys of sessions, of any users, and of directories.
-- ARGV: 1 'e' (delete) or 'c' (count), 2 the name of the place that has them, 3 the organization, 4 how the keys of its
--   directories end, 5 a cursor, which is not used.
-- Reply: '0', or another cursor where a directory has more; then the name of the place, how many sessions there were, and their
--   bytes; 0 bytes where the server refuses to say. Behind them commands that take users out of the directories of all users.
-- Caller: src/session/erasing.rs, for an erasure: no key's name shows the organization of a user.
--
-- All sessions of a key are of one user, so one record tells whose they are.

local letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local function is_of_organization(key)
  for _, field in ipairs(redis.call('HRANDFIELD', key, 16)) do
    local value = redis.call('HGET', key, field)
    local about = string.match(value, '^s[^\n]*\n([^\n]*)\n')
    if about then
      local is_json, whose = pcall(cjson.decode, about)
      return is_json and type(whose) == 'table' and whose.organizationId == ARGV[3]
    end
  end
  return false
end
local reply, count, bytes, removals = {'0', ARGV[2]}, 0, 0, {}
local function remove(start, tag)
  local first = string.find(letters, string.sub(tag, 1, 1), 1, true)
  local second = string.find(letters, string.sub(tag, 2, 2), 1, true)
  if not first or not second then return end
  local directory = string.format('%si%d', start, ((first - 1) * 4 + math.floor((second - 1) / 16)) % 16)
  if not removals[directory] then
    removals[directory] = {'ZREM', directory}
    removals[#removals + 1] = directory
  end
  table.insert(removals[directory], tag)
end
for _, key in ipairs(KEYS) do
  local start, tag = string.match(key, '^(.*:){([%w_-]+)}$')
  if start and redis.call('TYPE', key).ok == 'hash' and is_of_organization(key) then
    local size = redis.pcall('MEMORY', 'USAGE', key)
    if type(size) == 'number' then bytes = bytes + size end
    count = count + redis.call('HLEN', key)
    if ARGV[1] == 'e' then
      redis.call('UNLINK', key)
      remove(start, tag)
    end
  elseif string.sub(key, -#ARGV[4]) == ARGV[4] and redis.call('TYPE', key).ok == 'zset' then
    if ARGV[1] == 'e' then
      local users = redis.call('ZPOPMIN', key, 1000)
      for i = 1, #users, 2 do remove(string.sub(key, 1, -#ARGV[4]), users[i]) end
      if redis.call('EXISTS', key) == 1 then reply[1] = '1' end
    else
      count = count + 1
    end
  end
end
reply[3], reply[4] = count, bytes
for _, directory in ipairs(removals) do reply[#reply + 1] = removals[directory] end
return reply
