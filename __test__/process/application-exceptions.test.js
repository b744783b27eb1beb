'use strict';

const { THROWN, testExceptions } = require('../support/application-exceptions');
const { withRedis } = require('../support/redis');

const redis = withRedis();

describe.each(['loop', 'thread'])('exceptions of an application (%s driver)', (driver) => {
  const run = testExceptions(driver, () => ({ url: redis.url }));

  test.each([
    ['callback', 'throw new Error(MESSAGE);'],
    ['nextTick', 'throw new Error(MESSAGE);'],
    ['text', 'throw MESSAGE;'],
    ['message', 'throw new Error(MESSAGE);'],
    ['event of the cache', 'throw new Error(MESSAGE);'],
  ])('ends a process without a handler, which prints where it was thrown: %s', async (scenario, line) => {
    const { code, signal, stderr, reports } = await run(scenario, 'dies', { mayFail: true });
    expect({ code, signal, reports }).toEqual({ code: 1, signal: null, reports: [] });
    expect(stderr).toContain(THROWN);
    expect(stderr).toContain(line);
  });

  test.each(['callback', 'nextTick', 'text', 'message'])(
    'is the `error` of a worker: %s',
    async (scenario) => {
      const { report } = await run(scenario, 'worker');
      expect(report).toEqual({ error: THROWN, code: 1 });
    },
  );
});
