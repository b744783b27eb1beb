'use strict';

const { propertyOf, sessionOfRequest, unavailable } = require('./guard.js');

/** @import { Guarding } from './guard.js' */

/** Fastify gives these properties of a plugin a meaning: its hooks count for the scope that registers it. */
const SHARES_SCOPE = Symbol.for('skip-override');
const DISPLAY_NAME = Symbol.for('fastify.display-name');

/**
 * A plugin for fastify. Its hook is `onRequest`, before the body is read.
 * @param {Guarding} guarding
 */
function fastifyPlugin(guarding) {
  /**
   * @param {any} instance
   * @param {Record<string, unknown>} options With those that fastify itself takes of every plugin.
   * @param {(error?: Error) => void} done
   */
  function plugin(instance, options, done) {
    let property = '';
    try {
      const { prefix, logLevel, logSerializers, ...own } = options ?? {};
      property = propertyOf(own);
    } catch (error) {
      return done(/** @type {Error} */ (error));
    }
    instance.decorateRequest(property, null);
    instance.addHook('onRequest', hookOf(property, guarding));
    done();
  }
  return Object.assign(plugin, { [SHARES_SCOPE]: true, [DISPLAY_NAME]: 'orgcache-sessions' });
}

/**
 * @param {string} property
 * @param {Guarding} guarding
 */
function hookOf(property, guarding) {
  return async (/** @type {any} */ request, /** @type {any} */ reply) => {
    try {
      const { session, setCookie } = await sessionOfRequest(request.headers.cookie, guarding);
      request[property] = session;
      if (setCookie !== undefined) reply.header('Set-Cookie', setCookie).header('Cache-Control', 'no-store');
    } catch (error) {
      throw unavailable(error);
    }
  };
}

module.exports = { fastifyPlugin };
