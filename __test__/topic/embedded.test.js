'use strict';

const { openPackage } = require('../support/package');
const { someone, topicsContract } = require('../support/topics-contract');
const { rejection } = require('../support/wait');

describe('topics over the embedded store', () => {
  topicsContract(() => openPackage({ useRedis: false }));

  test('a message that has no room is refused, and none that is kept goes', async () => {
    const { createTopics, topic } = openPackage({ useRedis: false, memoryMaxBytes: 1_048_576 });
    const topics = createTopics({ topics: { kept: topic({ replay: 1_000 }) } });
    const whose = { organizationId: someone() };
    const payload = 'x'.repeat(60_000);
    const error = await rejection(
      Promise.all(Array.from({ length: 100 }, () => topics.publish('kept', payload, whose))),
    );
    expect(error).toMatchObject({ code: 'E_OVERLOADED' });
    expect((await topics.history('kept', whose)).length).toBeGreaterThan(5);
    await topics.close();
  });
});
