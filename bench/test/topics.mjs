/** The topics of every contender do what the scenario asks of them, against a real server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';

import { CONTENDERS, isEarlier, topicsAmong } from '../contenders.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { publishAll, startStreaming, stopStreaming, topicLatency } from '../scenarios/topics-work.mjs';

const contenders = topicsAmong(CONTENDERS);
let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

test('topics are the package’s own and others', () => {
  const ids = contenders.map(({ id }) => id);
  assert.ok(ids.includes('orgcache') && ids.includes('ioredis'));
  assert.ok(!ids.some(isEarlier));
});

for (const { id, module, settings } of contenders) {
  test(`the topics of ${id} bring each message to a reader and to a stream of events`, async () => {
    const { open } = await import(`.${module}`);
    const { client, close } = await open({ url: redis.url, settings });
    try {
      const { p50Micros, p99Micros } = await topicLatency(client, { messages: 20 });
      assert.ok(p50Micros > 0 && p99Micros >= p50Micros);
      const { port } = await startStreaming(client);
      const socket = connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
      let text = '';
      socket.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      await once(socket, 'data');
      await publishAll(client, { messages: 8, last: 'the end' });
      while (!text.includes('the end')) await once(socket, 'data');
      assert.equal(text.match(/^data: /gm).length, 9);
      socket.destroy();
      await stopStreaming();
    } finally {
      await close();
    }
  });
}
