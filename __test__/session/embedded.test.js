'use strict';

const { openPackage } = require('../support/package');
const { SECRET, sessionsContract, someone } = require('../support/sessions-contract');
const { rejection } = require('../support/wait');

describe('sessions over the embedded store', () => {
  sessionsContract(() => openPackage({ useRedis: false }));

  test('that have no room are refused, and none that is there goes', async () => {
    const orgcache = openPackage({ useRedis: false, memoryMaxBytes: 1_048_576 });
    const sessions = orgcache.createSessions({ secret: SECRET });
    const data = { text: Array.from({ length: 4000 }, () => Math.random().toString(36)).join('') };
    const { id } = await sessions.create({ userId: someone(), data });
    const error = await rejection(
      Promise.all(Array.from({ length: 100 }, () => sessions.create({ userId: someone(), data }))),
    );
    expect(error).toMatchObject({ code: 'E_OVERLOADED' });
    expect(await sessions.get(id)).not.toBeNull();
  });
});
