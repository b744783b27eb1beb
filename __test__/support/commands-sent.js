'use strict';

/** Commands that a connection sends of itself, whatever is called. */
const OWN = /^(auth|client|command|config|hello|info|ping|select|function|script)\b/;

/** How often clients of this server sent each command but those of the connections themselves, by name. */
async function commandsSent(redis) {
  const info = await redis.command('INFO', 'commandstats');
  const all = [...info.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)];
  const called = all.filter(([, name]) => !OWN.test(name));
  return Object.fromEntries(called.map(([, name, calls]) => [name, Number(calls)]));
}

module.exports = { commandsSent };
