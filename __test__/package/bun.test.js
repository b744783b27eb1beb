'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { installPacked, makeFolder, packBoth, tool } = require('../support/packed');
const { withRedis } = require('../support/redis');

const { version } = require('../../package.json');

const PROGRAM = `
  const orgcache = require('orgcache');
  const { cacheAdapter, cacheManager, getRedis, shutdown } = orgcache;
  const answers = { runtime: Object.keys(process.versions).includes('bun') ? 'bun' : 'node', version: orgcache.version };
  async function main() {
    answers.driver = (await cacheAdapter.getStats()).cache.redis.driver;
    answers.stored = await cacheAdapter.setConversationContext('+4915112345678', 'org', { step: 1 });
    answers.value = await cacheAdapter.getConversationContext('+4915112345678', 'org');
    answers.many = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      await cacheAdapter.set('key' + i, i);
      return cacheAdapter.get('key' + i);
    })).then((values) => values.every((value, i) => value === i));
    const client = await getRedis();
    answers.pipeline = await client.pipeline().set('a', 'b').get('a').exec();
    answers.multi = await client.multi().incr('n').incr('n').exec();
    const subscriber = client.duplicate();
    const heard = new Promise((resolve) => subscriber.on('message', (channel, text) => resolve([channel, text])));
    await subscriber.subscribe('news');
    await client.publish('news', 'hello');
    answers.message = await heard;
    const blocking = client.duplicate();
    const popped = blocking.blpop('list', 5);
    await client.rpush('list', 'x');
    answers.popped = await popped;
    await Promise.all([subscriber.quit(), blocking.quit()]);
    answers.shutdown = await shutdown();
  }
  main().then(() => console.log(JSON.stringify(answers)), (error) => { console.error(error); process.exit(1); });`;

let workplace;
const redis = withRedis();

beforeAll(() => {
  workplace = makeFolder('bun');
  const { main, binary } = packBoth(workplace);
  installPacked(path.join(workplace, 'app'), main.tarball, binary.tarball);
  fs.writeFileSync(path.join(workplace, 'app', 'app.cjs'), PROGRAM);
  fs.writeFileSync(
    path.join(workplace, 'app', 'app.mjs'),
    PROGRAM.replace(`require('orgcache')`, 'imported').replace(/^/, `import imported from 'orgcache';`),
  );
}, 120_000);

afterAll(() => fs.rmSync(workplace, { recursive: true, force: true }));

// The configured driver is a preference: without libuv all three are the thread driver.
test.each([
  ['auto', 'app.cjs'],
  ['auto', 'app.mjs'],
  ['loop', 'app.cjs'],
  ['thread', 'app.cjs'],
])(
  'adapter and client answer on Bun with CACHE_DRIVER=%s in %s, and the program ends by itself',
  (driver, file) => {
    const env = { ...process.env, REDIS_URL: redis.url, CACHE_DRIVER: driver };
    const options = { cwd: path.join(workplace, 'app'), env, encoding: 'utf8', timeout: 25_000 };
    const { status, signal, stdout, stderr } = spawnSync(bun(), [file], options);
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      runtime: 'bun',
      driver: 'thread',
      version,
      stored: true,
      value: { step: 1 },
      many: true,
      pipeline: [
        [null, 'OK'],
        [null, 'b'],
      ],
      message: ['news', 'hello'],
      popped: ['whatsapp:test:list', 'x'],
      shutdown: { flushed: true },
    });
  },
);

/** The one that npm installed for this machine. */
function bun() {
  const [name] = fs.readdirSync(tool('@oven'));
  return tool('@oven', name, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun');
}
