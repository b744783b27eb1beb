'use strict';

const { EventEmitter } = require('node:events');
const { told } = require('./callback.js');
const { SessionCore } = require('./core.js');
const { settingsOf } = require('./options.js');

/** @import { Callback } from './callback.js' */
/** @import { Instance } from './options.js' */

/** The store of `orgcache/fastify-session`. */
class SessionStore extends EventEmitter {
  #core;

  /**
   * @param {Instance} shared
   * @param {object} [options]
   */
  constructor(shared, options = {}) {
    super();
    this.#core = new SessionCore(settingsOf(options, shared, 'SessionStore'), true);
  }

  /**
   * @param {string} id
   * @param {Callback} [callback]
   */
  get(id, callback) {
    return told(this.#core.get(id), callback);
  }

  /**
   * @param {string} id
   * @param {any} session
   * @param {Callback} [callback]
   */
  set(id, session, callback) {
    return told(this.#core.set(id, session), callback);
  }

  /**
   * @param {string} id
   * @param {Callback} [callback]
   */
  destroy(id, callback) {
    return told(this.#core.destroy(id), callback);
  }
}

module.exports = { SessionStore };
