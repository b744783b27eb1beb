import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createConversations, jsonTextOf, phoneNumber } from '../data.mjs';

const conversationsOf = (messageCount, seed = 1) =>
  createConversations({ seed, count: 400, messageCount, organizations: 8 });

test('the same seed makes the same conversations, and another seed others', () => {
  assert.deepEqual(conversationsOf(4), conversationsOf(4));
  assert.notDeepEqual(conversationsOf(4), conversationsOf(4, 2));
});

test('forty messages are about four and a half kilobytes of JSON', () => {
  const sizes = conversationsOf(40).map(({ messages }) => Buffer.byteLength(JSON.stringify(messages)));
  const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  assert.ok(average > 4_000 && average < 5_000, `${average} bytes`);
});

test('messages alternate between customer and assistant and go forward in time', () => {
  for (const { messages } of conversationsOf(40)) {
    assert.equal(messages.length, 40);
    messages.forEach(({ role, content, timestamp }, index) => {
      assert.equal(role, index % 2 === 0 ? 'user' : 'assistant');
      assert.ok(content.length > 0);
      if (index > 0) assert.ok(timestamp > messages[index - 1].timestamp);
    });
  }
});

test('conversations are in several scripts', () => {
  const text = JSON.stringify(conversationsOf(2));
  for (const script of ['Latin', 'Cyrillic', 'Hiragana']) {
    assert.match(text, new RegExp(`\\p{Script=${script}}`, 'u'));
  }
});

test('customers are dealt out to all organizations and none shares a number', () => {
  const conversations = conversationsOf(2);
  assert.equal(new Set(conversations.map(({ organization }) => organization)).size, 8);
  assert.equal(new Set(conversations.map(({ phone }) => phone)).size, 400);
  assert.notEqual(phoneNumber(999_999), phoneNumber(99_999));
});

test('a raw value has exactly the size asked for and is ASCII JSON', () => {
  for (const bytes of [100, 4_096]) {
    const text = jsonTextOf(bytes);
    assert.equal(Buffer.byteLength(text), bytes);
    assert.equal(text.length, bytes);
    assert.equal(typeof JSON.parse(text).session, 'string');
  }
});
