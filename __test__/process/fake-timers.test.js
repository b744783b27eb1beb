'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PACKAGE_ROOT } = require('../support/package');
const { onEnd } = require('../support/cleanup');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');

const redis = withRedis();

const JEST = path.join(path.dirname(require.resolve('jest/package.json')), 'bin', 'jest.js');
const FAKE_TIMERS = require.resolve('@sinonjs/fake-timers');

/** Calls that must settle although no timer or tick of the test comes. */
const CALLS = `
  async function settled(orgcache) {
    const { cacheAdapter } = orgcache;
    const client = await orgcache.getRedis();
    const answers = [
      await cacheAdapter.set('a', 1),
      await cacheAdapter.get('a'),
      await client.set('b', '2'),
      await client.pipeline().get('b').exec(),
      await client.multi().get('b').exec(),
      await new Promise((resolve) => client.get('b', (error, reply) => resolve(reply))),
      await client.blpop('no list', 0.01),
    ];
    const other = client.duplicate();
    await other.subscribe('c');
    const heard = new Promise((resolve) => other.once('message', (channel, message) => resolve(message)));
    await client.publish('c', 'm');
    answers.push(await heard);
    await other.quit();
    answers.push(await orgcache.shutdown());
    return answers;
  }
`;

/** A project with one test, under jest's own runner. */
function project({ config = {}, fake, driver }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-jest-'));
  onEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const all = { testEnvironment: 'node', transform: {}, testTimeout: 15_000, ...config };
  fs.writeFileSync(path.join(folder, 'jest.config.json'), JSON.stringify(all));
  fs.writeFileSync(
    path.join(folder, 'app.test.js'),
    `const orgcache = require(${JSON.stringify(PACKAGE_ROOT)});
    ${CALLS}
    test('settles', async () => {
      ${fake}
      orgcache.configure({ url: ${JSON.stringify(redis.url)}, driver: '${driver}', clientKeyPrefix: '' });
      expect(await settled(orgcache)).toEqual([
        true, 1, 'OK', [[null, '2']], [[null, '2']], '2', null, 'm', { flushed: true, journalEntries: 0 },
      ]);
    });`,
  );
  return folder;
}

const KINDS = [
  ['modern ones', { fake: 'jest.useFakeTimers();' }],
  ['modern ones in 1970', { fake: 'jest.useFakeTimers({ now: 0 });' }],
  ['legacy ones', { fake: 'jest.useFakeTimers({ legacyFakeTimers: true });' }],
  ['those of the configuration', { config: { fakeTimers: { enableGlobally: true } }, fake: '' }],
];

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  test.each(KINDS)('every call settles under jest’s fake timers: %s', async (_name, kind) => {
    const folder = project({ ...kind, driver });
    const { code, stderr } = await runNode(
      [JEST, '--config', path.join(folder, 'jest.config.json'), '--ci'],
      {
        mayFail: true,
        timeoutMs: 25_000,
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('1 passed') });
  });

  test('every call settles under sinon’s fake timers, all of them', async () => {
    const program = `
      const orgcache = require(${JSON.stringify(PACKAGE_ROOT)});
      ${CALLS}
      const fakes = require(${JSON.stringify(FAKE_TIMERS)});
      const everything = Object.keys(fakes.timers);
      fakes.install({ now: 0, toFake: everything.filter((name) => !/Idle|Animation|Intl|Temporal/.test(name)) });
      settled(orgcache).then((answers) => process.stdout.write('@report ' + JSON.stringify(answers.length) + '\\n'));`;
    const { report } = await runNode(['-e', program], {
      env: { REDIS_URL: redis.url, CACHE_DRIVER: driver, CACHE_LOG: 'off' },
      timeoutMs: 20_000,
    });
    expect(report).toBe(9);
  });
});

test('js/ takes timers and clocks from one module alone', () => {
  const direct =
    /process\.(nextTick|hrtime)|\bprocess\b.*\bnextTick\b|Date\.now|new Date\(\)|performance\.now|perf_hooks|node:timers|globalThis|(?<![.\w#])(?:setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|queueMicrotask)\(/;
  const taken = /^const \{[^}]*\} = require\('(?:\.{1,2}\/)+(?:js\/)?time(?:rs)?\.js'\);$/m;
  const wrong = [];
  for (const name of fs.readdirSync(path.join(PACKAGE_ROOT, 'js'), { recursive: true })) {
    if (!/\.m?js$/.test(name) || name === 'time.js') continue;
    const text = fs.readFileSync(path.join(PACKAGE_ROOT, 'js', name), 'utf8');
    for (const [index, line] of text.split('\n').entries()) {
      const isComment = /^\s*(?:\/\/|\/?\*)/.test(line);
      // OpenTelemetry registers what observes calls there.
      if (line.includes('(globalThis)[REGISTERED]')) continue;
      const called = direct.exec(line)?.[0];
      if (isComment || called === undefined) continue;
      const isOwn =
        called.endsWith('(') && new RegExp(`\\b${called.slice(0, -1)}\\b`).test(taken.exec(text)?.[0] ?? '');
      if (!isOwn && !/^\s*(?:static |async )?set(?:Timeout|Interval)\(.*\) \{$/.test(line)) {
        wrong.push(`js/${name}:${index + 1}: ${line.trim()}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
