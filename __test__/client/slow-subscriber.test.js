'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const MESSAGES = 300;
const MESSAGE_BYTES = 100_000;
const BOUND_BYTES = 1024 * 1024;

/** Publishes from another process, and answers when the server has taken everything. */
const PUBLISHER = `
  const [port, count, bytes] = process.argv.slice(1).map(Number);
  const socket = require('node:net').connect(port);
  const payload = 'x'.repeat(bytes);
  const command = '*3\\r\\n$7\\r\\nPUBLISH\\r\\n$5\\r\\nflood\\r\\n$' + bytes + '\\r\\n' + payload + '\\r\\n';
  for (let i = 0; i < count; i += 1) socket.write(command);
  let answers = 0;
  socket.on('data', (data) => {
    answers += data.toString().split(':').length - 1;
    if (answers === count) process.exit(0);
  });
`;

/** Keeps JavaScript busy, as a listener does that takes long. */
function block(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('a subscriber that takes nothing for a while', () => {
  const redis = withRedis();

  async function flooded(driver) {
    const orgcache = openPackage({ url: redis.url, driver, queueMaxBytes: BOUND_BYTES, logLevel: 'off' });
    const client = await orgcache.getRedis();
    let heard = 0;
    const gaps = [];
    client.on('message', () => {
      heard += 1;
    });
    client.on('gap', (gap) => gaps.push(gap));
    await client.subscribe('flood');
    const words = [redis.port, MESSAGES, MESSAGE_BYTES].map(String);
    const publisher = spawn(process.execPath, ['-e', PUBLISHER, ...words], { stdio: 'ignore' });
    const published = once(publisher, 'exit');
    block(1500);
    await published;
    await client.publish('flood', 'the end');
    return { orgcache, gaps, heard: () => heard };
  }

  test('loses none with the loop driver, which leaves them in the socket', async () => {
    const { orgcache, gaps, heard } = await flooded('loop');
    await until(() => heard() === MESSAGES + 1, { what: 'all messages' });
    expect(gaps).toEqual([]);
    await orgcache.shutdown();
  });

  test('gets as many as the bound holds with the thread driver, and a report of the others', async () => {
    const { orgcache, gaps, heard } = await flooded('thread');
    await until(() => gaps.length > 0, { what: 'the gap' });
    expect(gaps[0]).toEqual({
      channels: ['flood'],
      since: expect.any(Number),
      until: expect.any(Number),
    });
    expect(heard()).toBeGreaterThan(0);
    expect(heard()).toBeLessThan(MESSAGES);
    await orgcache.shutdown();
  });
});
