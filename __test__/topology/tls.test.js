'use strict';

const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { certificates } = require('../support/certificates');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const QUIET = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

async function expectRoundTrip(options) {
  const { cacheAdapter } = openPackage({ ...QUIET, ...options });
  expect(await cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES)).toBe(true);
  expect(await cacheAdapter.getConversationContext('org-1', PHONE)).toEqual(MESSAGES);
  expect((await cacheAdapter.healthCheck()).redis.status).toBe('healthy');
}

/** The rejection of a raw command and the health both say why, and neither says a secret. */
async function expectRefused(options, reason) {
  const { cacheAdapter, redisManager } = openPackage({ ...QUIET, ...options });
  const error = await rejection(redisManager.getClient().get('a'));
  expect(error.code).toBe('E_CONNECT');
  expect(error.message).toMatch(reason);
  const health = await cacheAdapter.healthCheck();
  expect(health.redis.status).not.toBe('healthy');
  expect(health.redis.error).toMatch(reason);
  for (const text of [error.message, error.stack, JSON.stringify(health)]) {
    expect(text).not.toContain('canary');
    expect(text).not.toContain('PRIVATE KEY');
  }
}

describe.each(['thread', 'loop'])('TLS with the %s driver', (driver) => {
  const at = ({ port }, options) => ({ host: '127.0.0.1', port, driver, ...options });

  describe('a server with a good certificate is refused, and the sentence says why,', () => {
    const redis = withRedis({ tls: true });

    test('if no trusted authority has signed it', async () => {
      await expectRefused(
        at(redis, { tls: { ca: redis.tls.otherCa } }),
        /certificate.*(UnknownIssuer|issuer|authority)/i,
      );
      await expectRefused(at(redis, { tls: true }), /certificate.*(UnknownIssuer|issuer|authority)/i);
    });

    test('if it is for another name than the requested one', async () => {
      const { ca } = redis.tls;
      await expectRefused(
        at(redis, { tls: { ca, servername: 'elsewhere.example' } }),
        /certificate.*(name|elsewhere)/i,
      );
    });

    test('where the client speaks no TLS', async () => {
      await expectRefused(at(redis, {}), /closed|reset|TLS/i);
    });
  });

  test('a certificate that has expired is refused, and the sentence says so', async () => {
    const redis = await startRedis({ tls: { certificate: certificates().expired } });
    await expectRefused(at(redis, { tls: { ca: redis.tls.ca } }), /certificate.*expired/i);
    await expectRoundTrip(at(redis, { tls: { insecure: true } }));
  });

  test('a certificate for another name is taken where that name is asked for', async () => {
    const redis = await startRedis({ tls: { certificate: certificates().elsewhere } });
    const { ca } = redis.tls;
    await expectRefused(at(redis, { tls: { ca } }), /certificate.*(name|127\.0\.0\.1)/i);
    await expectRoundTrip(at(redis, { tls: { ca, servername: 'elsewhere.example' } }));
  });

  test('a server without TLS, which waits for the rest of what it takes for a command, is refused in time', async () => {
    const redis = await startRedis();
    await expectRefused(
      at(redis, { tls: true, connectTimeout: 300, commandTimeout: 6000 }),
      /did not answer/,
    );
  });

  describe('a server that asks for the client’s certificate', () => {
    const redis = withRedis({ tls: { asksForCertificate: true } });

    test('takes one that its authority has signed', async () => {
      const { ca, cert, key } = redis.tls;
      await expectRoundTrip(at(redis, { tls: { ca, cert, key } }));
    });

    test('refuses a client that shows none, and the sentence says so', async () => {
      await expectRefused(at(redis, { tls: { ca: redis.tls.ca } }), /certificate.*required/i);
    });

    test('refuses one that another authority has signed, and the sentence says so', async () => {
      const { cert, key } = certificates().stranger;
      await expectRefused(
        at(redis, { tls: { ca: redis.tls.ca, cert, key } }),
        /unknown ?CA|authority|certificate/i,
      );
    });

    test('refuses one that has expired, and the sentence says so', async () => {
      const { cert, key } = certificates().expired;
      await expectRefused(at(redis, { tls: { ca: redis.tls.ca, cert, key } }), /certificate.*expired/i);
    });
  });

  describe('a user with rights of its own', () => {
    const PASSWORD = 'p@ss:w/rd%';
    const ENCODED = 'p%40ss%3Aw%2Frd%25';
    const USERS = [`ada on >${PASSWORD} ~jack:* &* +@all`];

    test('logs in by a rediss URL with its password percent-encoded', async () => {
      const redis = await startRedis({ tls: true, users: USERS });
      const url = `rediss://ada:${ENCODED}@127.0.0.1:${redis.port}`;
      await expectRoundTrip({ url, driver, tls: { ca: redis.tls.ca } });
      const { redisManager } = openPackage({ ...QUIET, url, driver, tls: { ca: redis.tls.ca } });
      const client = redisManager.getClient();
      expect(await client.call('ACL', 'WHOAMI')).toBe('ada');
      const error = await rejection(client.get('another:key'));
      expect(error).toMatchObject({ code: 'E_REPLY', redisCode: 'NOPERM' });
    });

    test('logs in over a unix socket', async () => {
      const redis = await startRedis({ unixSocket: true, users: USERS });
      const options = { url: `unix://${redis.unixPath}?user=ada&pass=${ENCODED}`, driver };
      await expectRoundTrip(options);
      const client = openPackage({ ...QUIET, ...options }).redisManager.getClient();
      expect(await client.call('ACL', 'WHOAMI')).toBe('ada');
    });
  });
});
