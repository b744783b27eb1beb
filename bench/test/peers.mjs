/** Every peer keeps the contract that the workloads rely on, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Redis from 'ioredis';

import { CONTENDERS, isEarlier, isSubject } from '../contenders.mjs';
import { createConversation, seededRandom } from '../data.mjs';
import { startRedisServer } from '../redis-server.mjs';

const PREFIX = 'bench-test:';
const messagesOf = (count) => createConversation(seededRandom(count), count);

let redis;
let admin;

before(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
});

after(async () => {
  admin?.disconnect();
  await redis?.stop();
});

async function withPeer(contender, work) {
  const { open } = await import(`.${contender.module}`);
  const { settings } = contender;
  const peer = await open({ url: redis.url, keyPrefix: PREFIX, useRedis: true, settings });
  try {
    await work(peer);
  } finally {
    await peer.close();
  }
}

// The package's own contract is its own tests' to check; an earlier build of it is not at hand.
for (const contender of CONTENDERS.filter(({ id }) => !isSubject(id) && !isEarlier(id))) {
  test(`${contender.id} answers raw gets and sets as ioredis does`, async () => {
    await admin.flushall();
    await withPeer(contender, async ({ client }) => {
      assert.equal(await client.get('missing'), null);
      assert.equal(await client.set('key', 'Здравствуйте'), 'OK');
      assert.equal(await client.get('key'), 'Здравствуйте');
    });
  });

  test(`the JavaScript adapter over ${contender.client} stores, expires and clears as documented`, async () => {
    await admin.flushall();
    await withPeer(contender, async ({ adapter }) => {
      const short = messagesOf(2);
      const long = messagesOf(40);
      assert.equal(await adapter.getConversationContext('org-1', '+1 555 000'), null);
      assert.equal(await adapter.setConversationContext('org-1', '+1 555 000', short), true);
      assert.equal(await adapter.setConversationContext('org-1', '+1 555 001', long), true);
      assert.equal(await adapter.setConversationContext('org-12', '+1 555 000', long), true);
      assert.deepEqual(await adapter.getConversationContext('org-1', '1555000'), short);
      assert.deepEqual(await adapter.getConversationContext('org-1', '+1 555 001'), long);

      const shortKey = `${PREFIX}conversationContexts:org-1:1555000`;
      const longKey = `${PREFIX}conversationContexts:org-1:1555001`;
      assert.equal(await admin.get(shortKey), JSON.stringify(short));
      assert.equal(await admin.get(longKey), `compressed:${JSON.stringify(long)}`);
      const ttlSeconds = await admin.ttl(shortKey);
      assert.ok(ttlSeconds > 7_190 && ttlSeconds <= 7_200, `${ttlSeconds} s`);

      const { hits, misses, errors } = adapter.getStats().cache.redis;
      assert.deepEqual({ hits, misses, errors }, { hits: 2, misses: 1, errors: 0 });

      assert.equal(await adapter.clearOrganizationCache('org-1'), true);
      assert.deepEqual(await admin.keys(`${PREFIX}*`), [`${PREFIX}conversationContexts:org-12:1555000`]);
    });
  });
}

test('the JavaScript adapter without Redis answers copies from its Map', async () => {
  const { open } = await import('../peers/ioredis.mjs');
  const { adapter, close } = await open({ keyPrefix: PREFIX, useRedis: false });
  const messages = messagesOf(2);
  assert.equal(await adapter.setConversationContext('org-1', '1', messages), true);
  const answered = await adapter.getConversationContext('org-1', '1');
  assert.deepEqual(answered, messages);
  assert.notEqual(answered, messages);
  await adapter.clearOrganizationCache('org-1');
  assert.equal(await adapter.getConversationContext('org-1', '1'), null);
  await close();
});
