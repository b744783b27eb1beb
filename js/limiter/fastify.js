'use strict';

const { beside } = require('./express.js');
const { limitHeaders, retryAfterSeconds } = require('./headers.js');
const { PROBLEM_JSON, problemOf } = require('./problem.js');
const { proxyWatch, trustOfFastify } = require('./proxies.js');
const { Route } = require('./route.js');

/** @import { RouteOptions } from '../../types/limiter.js' */
/** @import { Routing } from './route.js' */

/** Fastify gives these properties of a plugin a meaning: its hooks count for the scope that registers it. */
const SHARES_SCOPE = Symbol.for('skip-override');
const DISPLAY_NAME = Symbol.for('fastify.display-name');

/**
 * A plugin for fastify. Its hook is `onRequest`, before the body is read.
 * @param {Routing} routing
 */
function fastifyPlugin(routing) {
  /**
   * @param {any} instance
   * @param {RouteOptions} options With those that fastify itself takes of every plugin.
   * @param {(error?: Error) => void} done
   */
  function plugin(instance, options, done) {
    /** @type {(request: any, reply: any) => Promise<any>} */
    let hook;
    try {
      const { prefix, logLevel, logSerializers, ...own } =
        /** @type {RouteOptions & Record<string, unknown>} */ (options ?? {});
      hook = hookOf(new Route(own, routing), routing);
    } catch (error) {
      return done(/** @type {Error} */ (error));
    }
    instance.addHook('onRequest', hook);
    done();
  }
  return Object.assign(plugin, { [SHARES_SCOPE]: true, [DISPLAY_NAME]: 'orgcache-limiter' });
}

/**
 * @param {InstanceType<typeof Route>} route
 * @param {Routing} routing
 */
function hookOf(route, { warn }) {
  const watchProxies = proxyWatch(warn, trustOfFastify);
  return async (/** @type {any} */ request, /** @type {any} */ reply) => {
    watchProxies(request);
    const decision = await route.decide(request, reply.raw);
    for (const [name, value] of limitHeaders(route.headers, decision, route.policies)) {
      reply.header(name, beside(reply.getHeader(name), name, value));
    }
    if (decision.allowed) return undefined;
    const seconds = retryAfterSeconds(decision);
    if (seconds !== undefined) reply.header('Retry-After', String(seconds));
    if (route.handler !== undefined) {
      await route.handler(request, reply, decision);
    } else {
      const { status, body } = problemOf(decision);
      reply.code(status).type(PROBLEM_JSON).send(body);
    }
    return reply;
  };
}

module.exports = { fastifyPlugin };
