'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { request: httpRequest } = require('node:http');
const { FOLDER, START_TIMEOUT_MS, startExample, startServing } = require('../support/example-server');
const { runNode } = require('../support/process');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until, within } = require('../support/wait');

const DEMO_TIMEOUT_MS = 60_000;

const PHONE = '+15550101234';
const DIGITS = '15550101234';
const MESSAGES = [
  { role: 'user', content: 'Ist der Wagen noch da?' },
  { role: 'assistant', content: 'Так, звичайно. 好的 👍' },
];

/** Requests to one server; answers status, body and, for searches, the text of the body. */
function requestsTo(url) {
  return async function request(method, route, body) {
    const response = await fetch(`${url}${route}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
}

const organization = (orgId) => `/api/organizations/${encodeURIComponent(orgId)}`;
const conversation = (orgId, phone = PHONE) =>
  `${organization(orgId)}/conversations/${encodeURIComponent(phone)}`;
const lead = (phone = PHONE) => `/api/leads/by-phone/${encodeURIComponent(phone)}`;

/**
 * What the server promises on every store. `stored` and `cleared` list the statuses that a POST
 * and a clear may answer there: 202 is kept in a Map, 503 cleared here but not in Redis.
 */
function describeRoutes(title, open, mode) {
  describe(title, () => {
    let request;
    let serial = 0;
    const freshOrganization = () => `org-${++serial}`;

    beforeAll(async () => {
      request = requestsTo((await open()).url);
    }, START_TIMEOUT_MS);

    const post = async (route, body) => {
      const answer = await request('POST', route, body);
      expect(mode.stored).toContain(answer.status);
      expect(answer.body).toEqual({ stored: answer.status === 200 });
      return answer.status;
    };

    const contextsInMap = async () => (await request('GET', '/api/health')).body.cache.conversationContexts;

    test('a conversation is not found until it is stored, and then comes back as it was', async () => {
      const route = conversation(freshOrganization());
      expect((await request('GET', route)).status).toBe(404);
      await post(route, { messages: MESSAGES });
      const answer = await request('GET', route);
      expect(answer.status).toBe(200);
      expect(answer.body.messages).toEqual(MESSAGES);
    });

    test('the number of a conversation may be written in another way', async () => {
      const orgId = freshOrganization();
      await post(conversation(orgId, '+1 (555) 010-1234'), { messages: MESSAGES });
      expect((await request('GET', conversation(orgId, DIGITS))).body.messages).toEqual(MESSAGES);
    });

    test('a summary, a lead and the name of an organization come back', async () => {
      const orgId = freshOrganization();
      const summary = { text: 'Wants a test drive', open: ['price', 'date'] };
      await post(`${conversation(orgId)}/summary`, { summary });
      await post(lead(), { leadId: 'lead-7' });
      await post(organization(orgId), { name: 'Autohaus Süd' });
      expect((await request('GET', `${conversation(orgId)}/summary`)).body.summary).toEqual(summary);
      expect((await request('GET', lead())).body).toEqual({ leadId: 'lead-7' });
      expect((await request('GET', organization(orgId))).body.name).toBe('Autohaus Süd');
    });

    test('a value that was never stored is a 404 with a code', async () => {
      const orgId = freshOrganization();
      const routes = [`${conversation(orgId)}/summary`, organization(orgId), lead('+15550109999')];
      for (const route of routes) {
        const { status, body } = await request('GET', route);
        expect({ route, status, code: body.error?.code }).toEqual({
          route,
          status: 404,
          code: 'E_NOT_FOUND',
        });
      }
    });

    test('clearing an organization takes everything of it and nothing of the others', async () => {
      const cleared = 'a';
      const others = ['a:b', 'aa', 'A', '*', '{a}', 'global', 'кав’ярня'];
      let keptInMap = 0;
      for (const orgId of [cleared, ...others]) {
        const status = await post(conversation(orgId), { messages: [{ role: 'user', content: orgId }] });
        if (status === 202 && (orgId === cleared || orgId === '*')) keptInMap += 1;
        await post(`${conversation(orgId)}/summary`, { summary: orgId });
        await post(organization(orgId), { name: orgId });
      }
      const inMapBefore = await contextsInMap();
      for (const orgId of [cleared, '*']) {
        const answer = await request('DELETE', `${organization(orgId)}/cache`);
        expect(mode.cleared).toContain(answer.status);
        expect(answer.body).toEqual({ cleared: answer.status === 200 });
      }
      expect(inMapBefore - (await contextsInMap())).toBe(keptInMap);
      for (const orgId of [cleared, ...others]) {
        const gone = orgId === cleared || orgId === '*';
        const context = await request('GET', conversation(orgId));
        const summary = await request('GET', `${conversation(orgId)}/summary`);
        const name = await request('GET', organization(orgId));
        expect({ orgId, statuses: [context.status, summary.status, name.status] }).toEqual({
          orgId,
          statuses: Array(3).fill(gone ? 404 : 200),
        });
        if (gone) continue;
        expect(context.body.messages).toEqual([{ role: 'user', content: orgId }]);
        expect([summary.body.summary, name.body.name]).toEqual([orgId, orgId]);
      }
    });

    test('the health has the documented shape', async () => {
      const { status, body } = await request('GET', '/api/health');
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: mode.health,
        redis: { adapter: { status: expect.any(String), redisEnabled: mode.redisEnabled } },
        cache: {
          conversationContexts: expect.any(Number),
          conversationSummaries: expect.any(Number),
          phoneToLeadMapping: expect.any(Number),
        },
      });
      expect(Math.abs(Date.now() - Date.parse(body.timestamp))).toBeLessThan(60_000);
    });

    test('the statistics show counters and the state of the connection', async () => {
      const { status, body } = await request('GET', '/api/cache/stats');
      expect(status).toBe(200);
      expect(body).toMatchObject({
        migration: { conversationContexts: expect.any(Number), errors: expect.any(Number) },
        cache: { redisEnabled: mode.redisEnabled, ttlConfig: { conversationContext: 7200 } },
        redisManager: {
          isConnected: mode.connected,
          connectionAttempts: expect.any(Number),
          maxConnectionAttempts: expect.any(Number),
        },
        legacyMaps: { conversationContexts: expect.any(Number) },
      });
    });
  });
}

describeRoutes('the example server on the embedded store', () => startExample({ USE_REDIS: 'false' }), {
  redisEnabled: false,
  connected: false,
  health: 'healthy',
  stored: [200, 202],
  cleared: [200],
});

describeRoutes(
  'the example server on Redis',
  async () => startExample({ REDIS_URL: (await startRedis()).url }),
  { redisEnabled: true, connected: true, health: 'healthy', stored: [200], cleared: [200] },
);

describeRoutes(
  'the example server while Redis cannot be reached',
  async () => startExample({ REDIS_URL: `redis://127.0.0.1:${await closedPort()}` }),
  { redisEnabled: true, connected: false, health: 'degraded', stored: [202], cleared: [200, 503] },
);

describe('the example server', () => {
  let server;
  let request;

  beforeAll(async () => {
    server = await startExample({ USE_REDIS: 'false' });
    request = requestsTo(server.url);
  }, START_TIMEOUT_MS);

  const secret = 'only the customer knows';
  const longPhone = DIGITS.repeat(200);

  test.each([
    ['a body without messages', conversation('bad'), {}, 400, 'E_BODY'],
    ['no body at all', conversation('bad'), undefined, 400, 'E_BODY'],
    ['messages that are no list', conversation('bad'), { messages: secret }, 400, 'E_BODY'],
    ['a message without a role', conversation('bad'), { messages: [{ content: secret }] }, 400, 'E_BODY'],
    ['a message that is null', conversation('bad'), { messages: [null] }, 400, 'E_BODY'],
    ['broken JSON', conversation('bad'), `{"messages": "${secret}`, 400, 'E_BODY'],
    ['a body of 2 MB', conversation('bad'), { messages: secret.repeat(90_000) }, 413, 'E_BODY'],
    ['a summary of null', `${conversation('bad')}/summary`, { summary: null }, 400, 'E_BODY'],
    ['a lead that is a number', lead(), { leadId: 5550101 }, 400, 'E_BODY'],
    ['an empty name', organization('bad'), { name: ' ' }, 400, 'E_BODY'],
    ['a phone number of 2 kB', conversation('bad', longPhone), { messages: MESSAGES }, 400, 'E_KEY'],
    ['an organization of 2 kB', organization(longPhone), { name: 'Long' }, 400, 'E_KEY'],
    ['a path that is not percent-encoded', `/api/leads/by-phone/%E0${DIGITS}`, {}, 400, 'E_PATH'],
    ['an unknown path', `/api/phones/${DIGITS}`, {}, 404, 'E_NOT_FOUND'],
    ['a login without a token', '/api/session/login', { password: secret }, 403, 'E_TOKEN'],
    ['a notification of nobody', '/api/notifications', { text: secret }, 401, 'E_SESSION'],
  ])('refuses %s without repeating the request', async (_name, route, body, status, code) => {
    const answer = await request('POST', route, body);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    expect(answer.body.error.message).toMatch(/^[A-Z].*\.$/);
    expect(answer.text).not.toContain(DIGITS);
    expect(answer.text).not.toContain(secret);
    expect(server.output()).not.toContain(DIGITS);
    expect(server.output()).not.toContain(secret);
  });

  test('still serves after everything that it refused', async () => {
    expect((await request('GET', '/api/health')).body.status).toBe('healthy');
    expect((await request('GET', conversation('bad'))).status).toBe(404);
  });

  test('finishes the request in flight when it is stopped', async () => {
    const stopping = await startExample({ USE_REDIS: 'false' });
    const upload = httpRequest(`${stopping.url}${conversation('org')}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', expect: '100-continue' },
    });
    const answer = once(upload, 'response');
    upload.flushHeaders();
    await once(upload, 'continue');
    const stopped = stopping.stop();
    const refused = () =>
      fetch(stopping.url).then(
        () => false,
        () => true,
      );
    await until(refused, { what: 'the example server to stop accepting' });
    upload.end(JSON.stringify({ messages: MESSAGES }));
    const [{ statusCode }] = await answer;
    expect([200, 202]).toContain(statusCode);
    expect(await stopped).toBe(0);
  });
});

describe('the logins of the example server', () => {
  /** Somebody who is logged in, and the stream of notifications. */
  async function openStream(url) {
    const login = { organization: 'harbor', user: 'ann', password: 'demo-ann-harbor' };
    const cookieOf = (response) => response.headers.getSetCookie().at(-1).split(';')[0];
    const visit = await fetch(`${url}/api/session`);
    const { csrfToken } = await visit.json();
    const headers = {
      cookie: cookieOf(visit),
      'x-csrf-token': csrfToken,
      'content-type': 'application/json',
    };
    const body = JSON.stringify(login);
    const answer = await fetch(`${url}/api/session/login`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    return fetch(`${url}/api/notifications`, { headers: { cookie: cookieOf(answer) } });
  }

  test('end their streams when the server is stopped', async () => {
    const stopping = await startExample({ USE_REDIS: 'false' });
    const stream = await openStream(stopping.url);
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const { value: code } = await within(4_000, stopping.stop(), 'the server with an open stream');
    expect(code).toBe(0);
    expect(await stream.text()).toMatch(/^retry: \d+$/m);
  });

  test('are refused, and end no cookie, while Redis cannot be reached', async () => {
    const { url } = await startExample({ REDIS_URL: `redis://127.0.0.1:${await closedPort()}` });
    const response = await fetch(`${url}/api/session`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await response.json()).error.code).toBe('E_CONNECT');
  });
});

describe('the example server when Redis goes away', () => {
  test('says that it is degraded and keeps taking and giving conversations', async () => {
    const redis = await startRedis();
    const request = requestsTo((await startExample({ REDIS_URL: redis.url })).url);
    const health = async () => (await request('GET', '/api/health')).body.status;
    expect(await health()).toBe('healthy');
    await redis.kill();
    await until(async () => (await health()) === 'degraded', { what: 'the health to say so' });
    const told = await request('GET', '/api/health');
    expect(told.status).toBe(200);
    expect(told.body).toMatchObject({
      status: 'degraded',
      redis: {
        status: 'degraded',
        adapter: { status: 'degraded' },
        redis: { status: 'unhealthy', state: 'degraded' },
      },
    });
    const answer = await request('POST', conversation('org'), { messages: MESSAGES });
    expect([answer.status, answer.body]).toEqual([202, { stored: false }]);
    expect((await request('GET', conversation('org'))).body.messages).toEqual(MESSAGES);
    await redis.restart();
    await until(async () => (await health()) === 'healthy', { timeoutMs: 15_000, what: 'the recovery' });
    expect((await request('GET', conversation('org'))).body.messages).toEqual(MESSAGES);
  }, 40_000);
});

describe('the health of the example server', () => {
  test('is 503 once the cache was shut down, and not before', async () => {
    const source = `
      import { shutdown } from 'orgcache';
      import { createServer } from './examples/server/server.mjs';
      const server = createServer();
      const url = await server.listen();
      const statuses = [(await fetch(url + '/api/health')).status];
      await shutdown({ timeoutMs: 100 });
      const last = await fetch(url + '/api/health');
      statuses.push(last.status);
      console.log('@report ' + JSON.stringify({ statuses, code: (await last.json()).error.code }));
      await server.close();
    `;
    const env = { REDIS_URL: `redis://127.0.0.1:${await closedPort()}`, CACHE_LOG: 'off' };
    const { report } = await runNode(['--input-type=module', '-e', source], { env });
    expect(report).toEqual({ statuses: [200, 503], code: 'E_CLOSED' });
  });
});

describe('the demo', () => {
  const small = ['--conversations', '80', '--organizations', '11', '--requests', '400'];
  const runDemo = (args, { env = {}, mayFail = false } = {}) =>
    runNode([path.join(FOLDER, 'demo.mjs'), ...args], {
      env: { CACHE_LOG: 'off', ...env },
      timeoutMs: DEMO_TIMEOUT_MS,
      mayFail,
    });

  function expectSuccess(result, store) {
    expect(result.checks.filter(({ held }) => !held)).toEqual([]);
    expect(result).toMatchObject({
      ok: true,
      store,
      data: { organizations: 11, conversations: 80 },
      migration: { errors: 0 },
      traffic: { requests: 400, unexpected: {} },
      clearing: { organizationId: 'org-1', status: 200 },
      isolation: { violations: 0 },
    });
    const { data, migration, traffic, clearing, isolation } = result;
    expect(data.messages).toBeGreaterThanOrEqual(2 * data.conversations);
    expect(migration.migrated).toBe(migration.entries);
    expect(traffic.reads + traffic.writes).toBe(400);
    expect(traffic.writes).toBeGreaterThan(0);
    expect(traffic.hitRate).toBeGreaterThan(0.8);
    expect(traffic.p99Milliseconds).toBeGreaterThanOrEqual(traffic.p50Milliseconds);
    expect(clearing.gone).toBeGreaterThan(0);
    expect(clearing.untouched + clearing.gone).toBe(80);
    expect(isolation.checked).toBeGreaterThan(80);
    expect(result.memory.rssBytes).toBeGreaterThan(0);
  }

  test(
    'holds every check on the embedded store',
    async () => {
      const { stdout } = await runDemo([...small, '--json']);
      expectSuccess(JSON.parse(stdout), 'embedded');
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'holds every check on Redis, shows no password and touches no key of others',
    async () => {
      const redis = await startRedis({ password: 'demo-secret' });
      await redis.command('SET', 'jack:dev:organization:org-1', '"Kept"');
      const { stdout, stderr } = await runDemo([...small, '--json'], { env: { REDIS_URL: redis.url } });
      const result = JSON.parse(stdout);
      expectSuccess(result, `redis://127.0.0.1:${redis.port}`);
      expect(result.migration.leftInMaps).toBe(0);
      expect(stdout + stderr).not.toContain('demo-secret');
      expect(await redis.command('GET', 'jack:dev:organization:org-1')).toBe('"Kept"');
      const leftOver = (await redis.keys('orgcache-demo:*')).filter((key) => key.includes(':conversation'));
      expect(leftOver).toEqual([]);
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'reports in text how far it is and what happened when it is not asked for JSON',
    async () => {
      const { stdout } = await runDemo(small);
      expect(stdout).toMatch(/^migrating: (\d+)\/\1 entries$/m);
      for (const word of ['embedded', 'hit rate', 'p50, p99', 'isolation', 'resident']) {
        expect(stdout).toContain(word);
      }
      expect(stdout).not.toContain('FAILED');
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'says in one sentence that Redis does not answer',
    async () => {
      const url = `redis://user:demo-secret@127.0.0.1:${await closedPort()}`;
      const { code, stdout, stderr } = await runDemo(small, { env: { REDIS_URL: url }, mayFail: true });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:\d+ does not answer: .*\.\n$/);
      expect(stderr).not.toContain('demo-secret');
    },
    DEMO_TIMEOUT_MS,
  );

  test.each([
    [['--requests', 'many'], '--requests must be a whole number from 1 to 1000000.'],
    [['--organizations', '1'], '--organizations must be a whole number from 2 to 1000.'],
    [['--conversations', '5'], '--conversations must not be less than --organizations.'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, stderr } = await runDemo(args, { mayFail: true });
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test(
    'keeps the server up when asked to, and its URLs answer',
    async () => {
      const serving = await startServing('demo.mjs', {
        args: [...small, '--serve'],
        says: /^The server is up at (http:\S+);/m,
      });
      await until(() => serving.output().includes('-X DELETE'), { what: 'the last line' });
      const urls = serving
        .output()
        .match(/^ {2}curl http\S+$/gm)
        .map((line) => line.slice('  curl '.length));
      expect(urls).toHaveLength(4);
      for (const url of urls) expect([url, (await fetch(url)).status]).toEqual([url, 200]);
      expect(await serving.stop()).toBe(0);
    },
    DEMO_TIMEOUT_MS,
  );

  test('explains its options', async () => {
    const { stdout } = await runDemo(['--help']);
    for (const option of ['--conversations', '--organizations', '--requests', '--json', '--serve']) {
      expect(stdout).toContain(option);
    }
  });
});
