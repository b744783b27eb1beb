'use strict';

const { Bridge } = require('../bridge.js');
const { head, protocol } = require('../protocol.js');

/** @import { Context } from '../context.js' */
/** @import { Environment } from '../environment.js' */
/** @import { Settable } from './connections.js' */
/** @import { Reject, Resolve } from './sender-types.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * @typedef {object} ConnectionHandlers
 * @property {() => void} [onLost]
 * @property {() => void} [onBack]
 * @property {() => void} [onDropped]
 * @property {((message: Buffer[]) => void) | ((line: Buffer) => void)} [onPush] The latter where the connection monitors.
 * @property {number} [role] One of `protocol.roles`, with bits of `protocol.besideRoles`. Default: `dedicated`.
 */

/**
 * @typedef {ConnectionHandlers & {
 *   context?: InstanceType<typeof Context>,
 *   environment?: InstanceType<typeof Environment>,
 *   log?: (name: string, json: string) => void,
 * }} ConnectionOptions
 */

const { roles, verbs } = protocol;

/** A connection for one user at a time. It connects with its first command, and again whenever it was lost. */
class DedicatedConnection {
  #bridge;
  /**
   * The number of the database that it has selected; undefined for the configured one.
   * @type {number | undefined}
   */
  database;
  #isStanding = false;
  #wasLost = false;
  #onLost;
  #onBack;
  #onDropped;

  /**
   * `onLost` is called when the connection is lost, `onBack` when it stands again, `onPush` with what the server says
   * unasked, `onDropped` when that came faster than it was taken and some of it was not kept, `log` with each notice
   * that is a log line.
   * @param {Settable} options
   * @param {ConnectionOptions} given
   */
  constructor(options, given = {}) {
    const { role = roles.dedicated, context, environment, log, onBack, onDropped, onLost, onPush } = given;
    this.#onBack = onBack;
    this.#onDropped = onDropped;
    this.#onLost = onLost;
    /** @type {(name: string, json: string) => void} */
    const hear = (name, json) => {
      if (name === 'log') log?.(name, json);
      else this.#hear(name);
    };
    const own = { role, hasJournal: false, onPush, context, environment };
    this.#bridge = new Bridge(options, hear, own);
  }

  /**
   * How often the connection was lost: what the server knew of it (WATCH, subscriptions) went each time. Native code
   * is asked, since it knows before its notices are here.
   */
  get losses() {
    return this.#bridge.isOpen ? this.#bridge.report().counters.connectionLost : 0;
  }

  /** Whether all that it needs is connected. */
  get isStanding() {
    return this.#isStanding;
  }

  /**
   * A command whose outcome goes to one of two functions.
   * @param {number} detail
   * @param {string} name
   * @param {Argument[]} args
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  command(detail, name, args, resolve, reject) {
    const bridge = this.#bridge;
    bridge.open();
    bridge.command(head(verbs.command, detail, 0), name, args, resolve, reject);
  }

  /**
   * The same, as a promise.
   * @param {number} detail
   * @param {string} name
   * @param {Argument[]} args
   * @returns {Promise<unknown>}
   */
  ask(detail, name, args) {
    return new Promise((resolve, reject) => this.command(detail, name, args, resolve, reject));
  }

  /**
   * Later commands are about this database.
   * @param {number} database
   */
  async select(database) {
    await this.ask(0, 'select', [String(database)]);
    this.database = database;
  }

  /**
   * @param {number} detail
   * @param {(number | Argument)[]} values
   * @returns {Promise<unknown[] | null>}
   */
  transaction(detail, values) {
    this.#bridge.open();
    return this.#bridge.call(head(verbs.transaction, detail, 0), values);
  }

  /** What is under way fails with `E_CLOSED`. */
  close() {
    this.#bridge.close(0);
  }

  /** @param {string} name */
  #hear(name) {
    if (name === 'degraded' && this.#isStanding) {
      this.#isStanding = false;
      this.#wasLost = true;
      this.#onLost?.();
    } else if (name === 'dropped') {
      this.#onDropped?.();
    } else if (name === 'departed') {
      // The node of a cluster that knew of the subscriptions is none any more.
      this.#onLost?.();
      this.#onBack?.();
    } else if (name === 'ready' || name === 'recovered') {
      this.#isStanding = true;
      if (this.#wasLost) this.#onBack?.();
    }
  }
}

exports.DedicatedConnection = DedicatedConnection;
