'use strict';

const { propertyOf, sessionOfRequest, unavailable } = require('./guard.js');

/** @import { ServerResponse } from 'node:http' */
/** @import { Guarding } from './guard.js' */

/**
 * Middleware for express, and for frameworks with its signature. It uses Node's request and response alone.
 * @param {{ property?: string } | undefined} options
 * @param {Guarding} guarding
 */
function expressMiddleware(options, guarding) {
  const property = propertyOf(options);

  /**
   * @param {any} request
   * @param {ServerResponse} response
   * @param {(error?: any) => void} next
   */
  return async function sessions(request, response, next) {
    try {
      const { session, setCookie } = await sessionOfRequest(request.headers.cookie, guarding);
      request[property] = session;
      if (setCookie !== undefined && !response.headersSent) {
        response.appendHeader('Set-Cookie', setCookie);
        response.setHeader('Cache-Control', 'no-store');
      }
    } catch (error) {
      return next(unavailable(error));
    }
    // Outside: errors of later handlers are not this one's.
    next();
  };
}

module.exports = { expressMiddleware };
