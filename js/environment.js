'use strict';

/** @typedef {Record<string, string | undefined>} Variables */

/**
 * The process's variables as one instance sees them. It reads them once, when it first needs them: connections
 * that it opens later lead to the same servers, whatever became of `process.env`.
 */
class Environment {
  #source;
  /** @type {Variables | undefined} */
  #variables;
  /** @type {Map<string | undefined, string>} */
  #texts = new Map();

  /** @param {() => Variables} [source] gives the variables where they are not the process's. */
  constructor(source = () => process.env) {
    this.#source = source;
  }

  /** @param {string} name */
  get(name) {
    return this.#taken[name];
  }

  /**
   * All variables as JSON, but for the one that is named.
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

  /** All variables as JSON, without taking them: an instance that is only configured has not started yet. */
  peek() {
    return JSON.stringify(this.#variables ?? this.#source());
  }

  /** Takes them anew when they are next needed. */
  forget() {
    this.#variables = undefined;
    this.#texts.clear();
  }

  get #taken() {
    this.#variables ??= { ...this.#source() };
    return this.#variables;
  }
}

/** What a Link takes from the environment. */
const LINK_VARIABLES = ['CACHE_DRIVER', 'CACHE_LOG'];

/** The variables that count for a Link, as JSON. There are many Links: none keeps a copy of all variables. */
function textForLinks() {
  return JSON.stringify(Object.fromEntries(LINK_VARIABLES.map((name) => [name, process.env[name]])));
}

module.exports = { Environment, textForLinks };
