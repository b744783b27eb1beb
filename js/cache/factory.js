'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { FactoryContext } from '../../types/cache-entries.js' */

/** A factory's answer that is not kept. */
class Skipped {
  /** @param {unknown} value */
  constructor(value) {
    this.value = value;
  }
}

/** A factory's answer that the stale value lives on. */
const NOT_MODIFIED = Object.freeze({});

/**
 * Options of one value. `tags` are in addition to those of the call.
 * @typedef {object} OwnOptions
 * @property {number} [ttlSeconds]
 * @property {number} [graceSeconds]
 * @property {readonly string[]} [tags]
 * @property {unknown} [meta]
 */

/**
 * What a factory is given. Its functions may be taken out of it.
 * @template T
 * @implements {FactoryContext<T>}
 */
class Context {
  #controller;
  #stale;
  /**
   * What the factory has set.
   * @type {OwnOptions | undefined}
   */
  own;
  #check;

  /**
   * @param {object} parts
   * @param {() => AbortController} parts.controller
   * @param {{ readonly value: T, readonly meta?: unknown } | undefined} parts.stale
   * @param {(options: OwnOptions) => void} parts.check Throws for options that are not allowed.
   */
  constructor({ controller, stale, check }) {
    this.#controller = controller;
    this.#stale = stale;
    this.#check = check;
  }

  get signal() {
    return this.#controller().signal;
  }

  get stale() {
    return this.#stale;
  }

  /** @param {OwnOptions} options */
  setOptions = (options) => {
    this.#check(options);
    this.own = { ...this.own, ...options };
  };

  /**
   * @param {any} value
   * @returns {any}
   */
  skip = (value) => new Skipped(value);

  /** @returns {any} */
  notModified = () => {
    if (this.#stale !== undefined) return NOT_MODIFIED;
    throw new OrgCacheError('E_ARGUMENT', 'notModified() needs a stale value, and there is none');
  };
}

module.exports = { Context, NOT_MODIFIED, Skipped };
