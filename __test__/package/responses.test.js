'use strict';

const { openPackage } = require('../support/package');
const { tool } = require('../support/packed');
const { ask, responsesContract } = require('../support/responses-contract');

const fastify = require(tool('fastify'));

/** A server of fastify whose routes answer from the cache. */
async function onFastify(middleware, handler) {
  const app = fastify({ forceCloseConnections: true });
  await app.register(middleware.fastify);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send(''));
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/*',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { status = 200, headers = {}, body = '' } = await handler(request);
      return reply.code(status).headers(headers).send(body);
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address();
  return { get: (path, options) => ask(port, path, options), close: () => app.close() };
}

describe('fastify', () =>
  responsesContract(() => openPackage({ useRedis: false, logLevel: 'off' }), onFastify));
