'use strict';

const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { until, within } = require('../support/wait');

const AFTER_FAILOVER_MS = 20_000;

describe.each(['loop', 'thread'])('behind sentinels, with the %s driver', (driver) => {
  test('subscriptions, blocking commands and duplicates follow a failover', async () => {
    // Sentinels allow one failover at a time, so each test has its own.
    const group = await startSentinels();
    const options = { sentinelHosts: group.hosts, clientKeyPrefix: 'app:', logLevel: 'off', maxRetries: 100 };
    const client = await openPackage({ ...options, driver }).getRedis();
    const copy = client.duplicate();
    const heard = [];
    const gaps = [];
    client.on('message', (_channel, message) => heard.push(message));
    client.on('gap', ({ channels }) => gaps.push(...channels));
    await client.subscribe('news');
    await copy.set('a', 1);
    const waiting = client.blpop('list', 0).catch(({ code }) => code);

    const before = await group.primary();
    await group.failover();
    const primary = await group.primary();
    expect(primary.port).not.toBe(before.port);

    const again = { timeoutMs: AFTER_FAILOVER_MS };
    await until(() => gaps.includes('news'), { ...again, what: 'the event gap' });
    await until(async () => (await primary.command('PUBLISH', 'news', 'after')) === 1, again);
    await until(() => heard.includes('after'), again);
    await until(() => copy.set('a', 2).catch(() => false), again);
    expect(await primary.command('GET', 'app:a')).toBe('2');
    const { value: outcome } = await within(AFTER_FAILOVER_MS, waiting, 'the blocked command');
    // The server ends it with an error, or ends the connection.
    expect(['E_REPLY', 'E_UNKNOWN_OUTCOME']).toContain(outcome);
    const popped = client.blpop('list', 10);
    await primary.command('RPUSH', 'app:list', 'v');
    expect(await popped).toEqual(['app:list', 'v']);
    await copy.quit();
  }, 60_000);
});
