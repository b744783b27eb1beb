'use strict';

/** @typedef {Record<string, string | undefined>} Variables */

/**
 * The environment variables of one instance. The instance reads them once, on first use, so that later connections
 * go to the same servers even if `process.env` changes.
 */
class Environment {
  #source;
  /** @type {Variables | undefined} */
  #variables;
  /** @type {Map<string | undefined, string>} */
  #texts = new Map();

  /** @param {() => Variables} [source] gives the variables. Default: those of the process. */
  constructor(source = () => process.env) {
    this.#source = source;
  }

  /** @param {string} name */
  get(name) {
    return this.#taken[name];
  }

  /**
   * A variable as it is now, without keeping it: what is only made has not started yet.
   * @param {string} name
   */
  look(name) {
    return (this.#variables ?? this.#source())[name];
  }

  /**
   * All variables as JSON, except for `omitted`.
   * @param {string} [omitted]
   */
  text(omitted) {
    let text = this.#texts.get(omitted);
    if (text === undefined) {
      const variables = { ...this.#taken, [/** @type {string} */ (omitted)]: undefined };
      text = JSON.stringify(variables);
      this.#texts.set(omitted, text);
    }
    return text;
  }

  /** All variables as JSON, without keeping them: an instance that is only configured has not started yet. */
  peek() {
    return JSON.stringify(this.#variables ?? this.#source());
  }

  /** Reads them again on the next use. */
  forget() {
    this.#variables = undefined;
    this.#texts.clear();
  }

  get #taken() {
    this.#variables ??= { ...this.#source() };
    return this.#variables;
  }
}

/** The environment variables of a Link. */
const LINK_VARIABLES = ['CACHE_DRIVER', 'CACHE_LOG'];

/** The environment variables of a Link as JSON. There may be many Links, so none keeps a copy of all variables. */
function textForLinks() {
  return JSON.stringify(Object.fromEntries(LINK_VARIABLES.map((name) => [name, process.env[name]])));
}

module.exports = { Environment, textForLinks };
