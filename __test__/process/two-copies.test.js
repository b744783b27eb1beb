'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PACKAGE_ROOT, openPackage } = require('../support/package');
const { onEnd } = require('../support/cleanup');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');

const redis = withRedis();

/** A copy as npm would install it below another package. */
function copyPackage() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-copy-'));
  onEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const shipped = (name) => /^(index\.(js|mjs)|package\.json|js|.*\.node)$/.test(name);
  for (const name of fs.readdirSync(PACKAGE_ROOT).filter(shipped)) {
    fs.cpSync(path.join(PACKAGE_ROOT, name), path.join(folder, name), { recursive: true });
  }
  return folder;
}

test.each(['thread', 'loop'])(
  'two copies of the package work side by side in one process (%s driver)',
  async (driver) => {
    await redis.command('FLUSHALL');
    const { report } = await inFreshProcess(
      async ({ load, report, args }) => {
        const first = load();
        const second = require(args.folder);
        first.configure({ url: args.url, driver: args.driver, keyPrefix: 'one:' });
        second.configure({ url: args.url, driver: args.driver, keyPrefix: 'two:' });
        const numbers = Array.from({ length: 500 }, (_, index) => index);
        const use = async ({ cacheAdapter }, name) => {
          await Promise.all(numbers.map((index) => cacheAdapter.set(`k${index}`, { name, index })));
          const values = await Promise.all(numbers.map((index) => cacheAdapter.get(`k${index}`)));
          return values.filter((value, index) => value.name !== name || value.index !== index).length;
        };
        const wrong = await Promise.all([use(first, 'one'), use(second, 'two')]);
        await first.shutdown();
        const after = await second.cacheAdapter.get('k1');
        report({ distinct: first !== second && first.cacheAdapter !== second.cacheAdapter, wrong, after });
      },
      { args: { folder: copyPackage(), url: redis.url, driver } },
    );
    expect(report).toEqual({ distinct: true, wrong: [0, 0], after: { name: 'two', index: 1 } });
    expect((await redis.keys('one:kv:*')).length).toBe(500);
    expect((await redis.keys('two:kv:*')).length).toBe(500);
  },
);

test('two instances of one copy each have their configuration and their end', async () => {
  await redis.command('FLUSHALL');
  const embedded = openPackage({ useRedis: false });
  const stored = openPackage({ url: redis.url, keyPrefix: 'stored:' });
  await embedded.cacheAdapter.set('a', 'memory');
  await stored.cacheAdapter.set('a', 'redis');
  expect(await embedded.cacheAdapter.get('a')).toBe('memory');
  expect(await stored.cacheAdapter.get('a')).toBe('redis');
  expect(await redis.keys()).toEqual(['stored:kv:a']);
  await embedded.shutdown();
  expect(await stored.cacheAdapter.get('a')).toBe('redis');
});
