'use strict';

// Writes a session, unless it was destroyed, or changed since it was loaded.
//
// KEYS: 1 the session, 2 its tombstone.
// ARGV: 1 the session's text, 2 its lifetime in ms (0: none), 3 what Redis must have: the SHA-1 of the text that was
//   loaded, 'any' (some text), 'new' (no tombstone), or 'keep' (no tombstone; a text that is there stays, and only its
//   lifetime changes).
// Reply: 1 if it was written, 2 if a text stayed, 0 if the session is gone, or the text that Redis has instead of the
//   loaded one.
// Caller: js/session-store/scripts.js, for js/session-store/core.js.
module.exports = `
local text, lifetime, expected = ARGV[1], ARGV[2], ARGV[3]
local function write()
  if lifetime == '0' then
    redis.call('SET', KEYS[1], text)
  else
    redis.call('SET', KEYS[1], text, 'PX', lifetime)
  end
  return 1
end

if expected == 'new' or expected == 'keep' then
  if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
  if expected == 'new' or redis.call('EXISTS', KEYS[1]) == 0 then return write() end
  if lifetime ~= '0' then redis.call('PEXPIRE', KEYS[1], lifetime) end
  return 2
end

local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
if expected == 'any' or redis.sha1hex(stored) == expected then return write() end
return stored
`;
