'use strict';

const { limitHeaders, retryAfterSeconds } = require('./headers.js');
const { PROBLEM_JSON, problemOf } = require('./problem.js');
const { proxyWatch, trustOfExpress } = require('./proxies.js');
const { Route } = require('./route.js');

/** @import { ServerResponse } from 'node:http' */
/** @import { Decision, RouteOptions } from '../../types/limiter.js' */
/** @import { Routing } from './route.js' */

/**
 * Middleware for express, and for frameworks with its signature. It uses Node's response alone.
 * @param {RouteOptions} options
 * @param {Routing} routing
 */
function expressMiddleware(options, routing) {
  const route = new Route(options, routing);
  const watchProxies = proxyWatch(routing.warn, trustOfExpress);

  /**
   * @param {any} request
   * @param {ServerResponse} response
   * @param {(error?: any) => void} next
   */
  return async function rateLimit(request, response, next) {
    try {
      watchProxies(request);
      const decision = await route.decide(request, response);
      if (!response.headersSent) {
        for (const [name, value] of limitHeaders(route.headers, decision, route.policies)) {
          response.setHeader(name, beside(response.getHeader(name), name, value));
        }
      }
      if (!decision.allowed) return await refuse(route, request, response, decision);
    } catch (error) {
      return next(error);
    }
    // Outside: errors of later handlers are not this one's.
    next();
  };
}

/**
 * @param {InstanceType<typeof Route>} route
 * @param {any} request
 * @param {ServerResponse} response
 * @param {Decision} decision
 */
async function refuse({ handler }, request, response, decision) {
  const seconds = retryAfterSeconds(decision);
  if (seconds !== undefined && !response.headersSent) response.setHeader('Retry-After', String(seconds));
  if (handler !== undefined) {
    await handler(request, response, decision);
    return;
  }
  const { status, body } = problemOf(decision);
  response.statusCode = status;
  response.setHeader('Content-Type', PROBLEM_JSON);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

/**
 * The fields of the draft are lists: an earlier middleware's policies stay. Other fields have one value.
 * @param {unknown} present
 * @param {string} name
 * @param {string} value
 */
function beside(present, name, value) {
  const isList = name.startsWith('RateLimit') && value.startsWith('"');
  return isList && typeof present === 'string' && present.startsWith('"') ? `${present}, ${value}` : value;
}

module.exports = { beside, expressMiddleware };
