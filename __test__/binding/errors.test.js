'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { PACKAGE_ROOT, openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startSilentServer } = require('../support/silent-server');
const { rejection } = require('../support/wait');

const read = (...parts) => fs.readFileSync(path.join(PACKAGE_ROOT, ...parts), 'utf8');

/** The rows of `ERROR_TABLE` in the Rust source: code -> `{ retryable, meaning }`. */
function rustTable() {
  const [, table] = /pub const ERROR_TABLE[^=]*=\s*&\[([\s\S]*?)\n\];/.exec(read('src', 'error.rs'));
  const row = /row\(\s*ErrorCode::\w+,\s*"(E_\w+)",\s*(true|false),\s*"((?:[^"\\]|\\.)*)",?\s*\)/g;
  const rows = [...table.matchAll(row)].map(([, code, retryable, meaning]) => [
    code,
    { retryable: retryable === 'true', meaning },
  ]);
  expect(rows).toHaveLength(table.match(/row\(/g).length);
  return Object.fromEntries(rows);
}

/** The lines ` * - `E_CODE`: meaning` before the `ErrorCode` union, and the union's members. */
function typesTable() {
  const source = read('types', 'errors.d.ts');
  const [, comment, union] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export type ErrorCode =([^;]*);/.exec(source);
  const line = /^ \* - `(E_\w+)`( \(retryable\))?: (.*)$/gm;
  const rows = [...comment.matchAll(line)].map(([, code, retryable, meaning]) => [
    code,
    { retryable: retryable !== undefined, meaning },
  ]);
  return {
    rows: Object.fromEntries(rows),
    members: [...union.matchAll(/'(E_\w+)'/g)].map(([, code]) => code),
  };
}

/** The rows `| E_CODE | yes/no | meaning |` of the documentation. */
function documentedTable() {
  const line = /^\| `(E_\w+)` \| (yes|no) \| ([^|]*?) \|/gm;
  const rows = [...read('docs', 'errors.md').matchAll(line)].map(([, code, retryable, meaning]) => [
    code,
    { retryable: retryable === 'yes', meaning },
  ]);
  return Object.fromEntries(rows);
}

describe('the error table', () => {
  test('of the types says what the one in Rust says', () => {
    const { rows, members } = typesTable();
    expect(rows).toEqual(rustTable());
    expect(members).toEqual(Object.keys(rustTable()));
  });

  test('of the documentation says what the one in Rust says', () => {
    expect(documentedTable()).toEqual(rustTable());
  });

  test('has every code in it', () => {
    expect(Object.keys(rustTable())).toEqual([
      'E_CONFIG',
      'E_KEY',
      'E_SERIALIZE',
      'E_VALUE_TOO_LARGE',
      'E_CONNECT',
      'E_TIMEOUT',
      'E_UNKNOWN_OUTCOME',
      'E_OVERLOADED',
      'E_REPLY',
      'E_CLOSED',
      'E_ARGUMENT',
      'E_POLICY',
      'E_SESSION',
      'E_CONFLICT',
      'E_LIMIT',
      'E_FACTORY_TIMEOUT',
      'E_REENTRANT',
      'E_QUOTA',
      'E_TAG',
      'E_QUERY',
      'E_ERASING',
      'E_IDEMPOTENCY',
      'E_LOST',
      'E_JOB',
      'E_INTERNAL',
    ]);
  });
});

describe('an error', () => {
  test('is an Error and an OrgCacheError, with a stack that names the caller', async () => {
    const { report } = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter, OrgCacheError } = load();
        async function theCaller() {
          await cacheAdapter.get('');
        }
        const error = await theCaller().catch((caught) => caught);
        report({
          isError: error instanceof Error,
          isOurs: error instanceof OrgCacheError,
          name: error.name,
          code: error.code,
          retryable: error.retryable,
          sentence: error.message,
          printed: String(error),
        });
      },
      { env: { USE_REDIS: 'false' } },
    );
    expect(report).toMatchObject({
      isError: true,
      isOurs: true,
      name: 'OrgCacheError',
      code: 'E_KEY',
      retryable: false,
    });
    expect(report.sentence).toMatch(/\w+ \w+ \w+/);
    expect(report.printed).toContain('OrgCacheError');
  });

  test('never is thrown by a call that answers a promise', async () => {
    const { cacheAdapter, cacheManager, redisMigrationManager } = openPackage({ useRedis: false });
    const calls = [
      () => cacheAdapter.get(''),
      () => cacheAdapter.set('a', 1n),
      () => cacheAdapter.getConversationContext('org-1'),
      () => cacheAdapter.setConversationContext('org-1', '+123', () => 1),
      () => cacheManager.get(''),
      () => redisMigrationManager.getConversationContext('org-1', null, new Map()),
    ];
    for (const call of calls) expect((await rejection(call())).code).toMatch(/^E_(KEY|SERIALIZE)$/);
  });

  test('for too much that waits is E_OVERLOADED and may be tried again', async () => {
    const { port } = await startSilentServer();
    const { redisManager } = openPackage({
      host: '127.0.0.1',
      port,
      queueMaxCommands: 100,
      connectTimeout: 1000,
      commandTimeout: 1000,
      logLevel: 'off',
    });
    const client = redisManager.getClient();
    const calls = Array.from({ length: 1000 }, () => rejection(client.get('a')));
    const errors = await Promise.all(calls);
    const overloaded = errors.filter(({ code }) => code === 'E_OVERLOADED');
    expect(overloaded.length).toBeGreaterThanOrEqual(800);
    expect(overloaded[0]).toMatchObject({ retryable: true });
    expect(errors.every(({ code }) => /^E_(OVERLOADED|TIMEOUT|CONNECT)$/.test(code))).toBe(true);
  });
});
