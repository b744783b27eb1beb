'use strict';

// The package as it is installed, on the oldest board that it can be on, in a process of its own.

const fs = require('node:fs');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { boardContract } = require('../support/board-contract');
const { missingMethods } = require('../support/board-methods');
const { boardPageContract } = require('../support/board-page-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { installPacked, makeFolder, packBoth, tool } = require('../support/packed');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const OLDEST = '9.10.0';
const PREFIX = 'board:';
const START_TIMEOUT_MS = 20_000;
const MAIN = `
  const http = require('node:http');
  const orgcache = require('orgcache');
  const { QueueAdapter } = require('orgcache/bull-board');
  const { createBullBoard } = require('@bull-board/api');
  const { BullMQAdapter } = require('@bull-board/api/bullMQAdapter');
  const { ExpressAdapter } = require('@bull-board/express');
  const { Queue } = require('bullmq');
  const { boardApp } = require(process.env.BOARD_APP);
  const plain = new Queue('plain', { connection: { host: '127.0.0.1', port: Number(process.env.PORT) } });
  const others = [new BullMQAdapter(plain)];
  const { listener } = boardApp({ orgcache, QueueAdapter, createBullBoard, ExpressAdapter, others });
  const server = http.createServer(listener).listen(0, '127.0.0.1', () => {
    console.log('listening on http://127.0.0.1:' + server.address().port);
  });
`;

const redis = withRedis();
let workplace;
let app;

beforeAll(() => {
  workplace = makeFolder('bull-board');
  const { main, binary } = packBoth(workplace);
  app = path.join(workplace, 'app');
  installPacked(app, main.tarball, binary.tarball);
  fs.symlinkSync(tool('@bull-board'), path.join(app, 'node_modules', '@bull-board'), 'junction');
  fs.symlinkSync(tool('bullmq'), path.join(app, 'node_modules', 'bullmq'), 'junction');
}, 120_000);

afterAll(() => fs.rmSync(workplace, { recursive: true, force: true }));

let url;
/** The board runs in a process of its own, and this process uses the same queue. */
async function open() {
  url ??= await serve();
  return {
    url,
    orgcache: openPackage({ url: redis.url, prefix: PREFIX, logLevel: 'off' }),
    isEmbedded: false,
  };
}

async function serve() {
  const file = path.join(app, 'board.cjs');
  fs.writeFileSync(file, MAIN);
  const env = {
    PATH: process.env.PATH,
    BOARD_APP: require.resolve('../support/board-app'),
    CACHE_LOG: 'off',
    ORGCACHE_PREFIX: PREFIX,
    PORT: String(redis.port),
    REDIS_URL: redis.url,
  };
  const child = spawn(process.execPath, [file], { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onEnd(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  return until(
    () => {
      if (child.exitCode !== null) throw new Error(`the board ended and printed: ${output}`);
      return /^listening on (\S+)$/m.exec(output)?.[1];
    },
    { timeoutMs: START_TIMEOUT_MS, what: 'the board to listen' },
  );
}

test(`the oldest version that is tested is ${OLDEST}, and its BaseAdapter lacks nothing`, () => {
  const folder = tool('@bull-board', 'api');
  expect(JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version).toBe(OLDEST);
  const declaration = fs.readFileSync(path.join(folder, 'dist', 'queueAdapters', 'base.d.ts'), 'utf8');
  const { QueueAdapter } = require('../../js/entry/bull-board.js');
  expect(missingMethods(declaration, QueueAdapter)).toEqual([]);
});

describe(`bull-board ${OLDEST}`, () => {
  boardContract(open, ['plain']);

  test('a job of BullMQ on the same board still finds its flow', async () => {
    const added = await fetch(`${url}/api/queues/plain/add`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'one', data: {} }),
    });
    const { job } = await added.json();
    const flow = await (await fetch(`${url}/api/queues/plain/${job.id}/flow`)).json();
    expect(flow).toMatchObject({ nodeId: job.id, isFlowNode: false, flowRoot: { queueName: 'plain' } });
  });
});

describe(`the page of bull-board ${OLDEST}`, () => {
  boardPageContract(open, `board-${OLDEST}`);
});

describe('without a board that fits', () => {
  async function messageWith(files) {
    const alone = path.join(workplace, 'alone');
    fs.rmSync(alone, { recursive: true, force: true });
    fs.mkdirSync(path.join(alone, 'node_modules'), { recursive: true });
    for (const name of fs
      .readdirSync(path.join(app, 'node_modules'))
      .filter((name) => /^orgcache/.test(name))) {
      fs.cpSync(path.join(app, 'node_modules', name), path.join(alone, 'node_modules', name), {
        recursive: true,
      });
    }
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(alone, 'node_modules', '@bull-board', 'api', name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    const program = `
      import { createQueue } from 'orgcache';
      import { QueueAdapter } from 'orgcache/bull-board';
      try { new QueueAdapter(createQueue('mails')); } catch ({ code, message }) { console.log(code + ': ' + message); }`;
    fs.writeFileSync(path.join(alone, 'main.mjs'), program);
    const { stdout } = await runNode([path.join(alone, 'main.mjs')], { env: { USE_REDIS: 'false' } });
    return stdout.trim();
  }

  const NEEDS = 'E_CONFIG: orgcache/bull-board needs the package @bull-board/api from 9.10;';
  const BASE = 'dist/queueAdapters/base.js';

  test.each([
    ['is not installed', {}, 'install it'],
    [
      'is older and has another base',
      { [BASE]: 'exports.BaseAdapter = class { format() {} };' },
      'another version is installed',
    ],
    ['has no base', { [BASE]: '' }, 'another version is installed'],
    [
      'hides its base',
      {
        'package.json': '{ "name": "@bull-board/api", "exports": { ".": "./index.js" } }',
        'index.js': '',
        [BASE]: '',
      },
      'another version is installed',
    ],
  ])('whose package %s, the adapter says what it needs', async (_what, files, reason) => {
    expect(await messageWith(files)).toBe(`${NEEDS} ${reason}`);
  });
});
