'use strict';

const { randomBytes } = require('node:crypto');
const { openPackage } = require('../support/package');
const { closedPort } = require('../support/silent-server');
const { describeAdapter } = require('../support/adapter-contract');
const { within } = require('../support/wait');
const { MESSAGES } = require('../support/adapter-methods');

const COMMAND_TIMEOUT_MS = 1000;

async function openUnreachable(options) {
  const port = await closedPort();
  return openPackage({
    host: '127.0.0.1',
    port,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    logLevel: 'off',
    ...options,
  });
}

for (const driver of ['auto', 'thread', 'loop']) {
  describeAdapter(
    `the adapter while Redis cannot be reached, with the ${driver} driver`,
    () => openUnreachable({ driver }),
    { redisEnabled: true, connected: false, acknowledges: true },
  );
}

describe('the adapter while Redis cannot be reached', () => {
  test('settles the first call within the command timeout', async () => {
    const { cacheAdapter } = await openUnreachable();
    const get = cacheAdapter.getConversationContext('org-1', '+15550000001');
    const { value } = await within(COMMAND_TIMEOUT_MS + 200, get, 'the first get');
    expect(value).toBeNull();
  });

  test('answers a thousand sets and gets one after the other at once', async () => {
    const { cacheAdapter } = await openUnreachable();
    await cacheAdapter.get('first');
    const startedAt = performance.now();
    for (let index = 0; index < 1000; index += 1) {
      await cacheAdapter.setConversationContext('org-1', `+1555${index}`, MESSAGES);
      expect(await cacheAdapter.getConversationContext('org-1', `+1555${index}`)).toEqual(MESSAGES);
    }
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('stays within the bytes that memory and journal may hold', async () => {
    const bound = 1024 * 1024;
    const { cacheAdapter } = await openUnreachable({ memoryMaxBytes: bound, journalMaxBytes: bound });
    // Random, because the store may compress values.
    const text = randomBytes(7_500).toString('base64');
    const answers = [];
    for (let index = 0; index < 500; index += 1) {
      answers.push(await cacheAdapter.set(`filler-${index}`, [index, text]));
    }
    // An acknowledged value is there, any other is not.
    const held = answers.filter(Boolean).length;
    expect(held).toBeGreaterThan(50);
    expect(held).toBeLessThan(150);
    for (let index = 0; index < 500; index += 1) {
      expect(await cacheAdapter.get(`filler-${index}`)).toEqual(answers[index] ? [index, text] : null);
    }
  });
});
