'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { BLOCKS, read } = require('../support/documents');
const { PACKAGE_ROOT } = require('../support/package');
const { makeFolder, tool } = require('../support/packed');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');

const PAGE = 'docs/queues-over-ioredis.md';
const redis = withRedis({ flushBeforeEach: true });
let folder;

beforeAll(() => {
  folder = makeFolder('queues');
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  fs.symlinkSync(PACKAGE_ROOT, path.join(modules, 'orgcache'), 'junction');
  for (const name of ['bee-queue', 'bull', 'bullmq']) {
    fs.symlinkSync(tool(name), path.join(modules, name), 'junction');
  }
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

test.each(
  ['bullmq.mjs', 'bull.mjs', 'bee-queue.mjs'].flatMap((file) =>
    ['loop', 'thread'].map((driver) => [file, driver]),
  ),
)('the program %s of the page runs, with the %s driver, and its process ends', async (name, driver) => {
  const { text } = BLOCKS.find(({ page, settings }) => page === PAGE && settings.file === name);
  const promised = [...text.matchAll(/^ *\/\/ => (.*)$/gm)].map(([, line]) => line);
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  const env = { REDIS_URL: redis.url, CACHE_DRIVER: driver };
  const { stdout } = await runNode([file], { env, timeoutMs: 20_000 });
  expect(stdout.trimEnd().split('\n')).toEqual(promised);
  expect(promised.length).toBeGreaterThan(0);
});

test('the page names the versions that were run', () => {
  const table = read(PAGE).split('## What was run')[1];
  for (const [name, shown] of [
    ['bullmq', 'BullMQ'],
    ['bull', 'Bull'],
    ['bee-queue', 'bee-queue'],
  ]) {
    const { version } = JSON.parse(fs.readFileSync(tool(name, 'package.json'), 'utf8'));
    expect(table).toContain(`| ${shown} | ${version} |`);
  }
});
