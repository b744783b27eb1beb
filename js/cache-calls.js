'use strict';

const { abortable } = require('./abort.js');
const { OrgCacheError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { ownBytes } = require('./argument-arena.js');
const { head, protocol } = require('./protocol.js');

/** @import { Reader } from './bridge-types.js' */

/** @typedef {InstanceType<typeof import('./bridge.js').Bridge>} Bridge */

/**
 * A name as the caller gave it. Native code refuses unusable ones.
 * @typedef {unknown} Name
 */

const { kinds } = protocol;
const verbs = protocol.verbs.cache;
const { client: native } = loadNative();
/** Flag of a write: Redis itself must store the value. If only the journal could, the answer is false. */
const ACKNOWLEDGED = protocol.acknowledgedFlag;
/** Flag of a write of a copy, the original of which the caller keeps. Memory answers the copy while Redis is away. */
const COPIED = protocol.copiedFlag;
/** The options of a set with a lifetime. */
const WITH_LIFETIME = ['signal', 'ttlSeconds'];

/** The error of a call that names no organization, as native code makes it. */
function organizationMissing() {
  return new OrgCacheError(
    'E_KEY',
    'the organization is missing or empty, and requireOrganization is set; give its id',
  );
}

/**
 * The JSON text of a value. Throws `E_SERIALIZE` if the value has no JSON.
 * @param {unknown} value
 */
function toJson(value) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw withoutJson(/** @type {Error | null | undefined} */ (cause));
  }
  if (text === undefined) {
    throw new OrgCacheError(
      'E_SERIALIZE',
      `the value has no JSON: it is ${typeof value}; give an object, array, text, number, boolean or null`,
    );
  }
  return text;
}

/**
 * The error for a value without JSON, from what JavaScript threw. A RangeError means that a limit of JavaScript was
 * reached.
 * @param {Error | null | undefined} cause
 */
function withoutJson(cause) {
  const isLimit = cause?.name === 'RangeError';
  if (isLimit && /call stack/i.test(cause.message)) {
    const sentence = 'the value has no JSON: it is nested too deeply, or its toJSON calls itself';
    return new OrgCacheError('E_SERIALIZE', sentence, { cause });
  }
  if (isLimit && /string length|out of memory/i.test(cause.message)) {
    const sentence = 'the value is too large: its JSON is longer than a string of JavaScript can be';
    return new OrgCacheError('E_VALUE_TOO_LARGE', sentence, { cause });
  }
  const sentence = 'the value has no JSON: it holds a BigInt, a cycle or a toJSON that throws';
  return new OrgCacheError('E_SERIALIZE', sentence, { cause });
}

/**
 * Calls on cached values. Each answers a promise in every case. `options` are those of the public methods; without
 * them a call does no checks of options.
 */
class CacheCalls {
  #bridge;
  #writeFlag;

  /**
   * `acknowledged`: a write succeeds only if Redis itself has acknowledged it. `copied`: the writes are copies,
   * too.
   * @param {Bridge} bridge
   * @param {{ acknowledged?: boolean, copied?: boolean }} [writes]
   */
  constructor(bridge, { acknowledged = false, copied = false } = {}) {
    this.#bridge = bridge;
    this.#writeFlag = copied ? COPIED : acknowledged ? ACKNOWLEDGED : 0;
  }

  /** Whether a call must name an organization. */
  get requiresOrganization() {
    return this.#bridge.requiresOrganization;
  }

  /**
   * Reads a value by its kind and one name. `reader` converts it into the caller's value.
   * @param {number} kind
   * @param {Name} a
   * @param {unknown} options
   * @param {Reader} [reader]
   * @returns {Promise<any>}
   */
  get1(kind, a, options, reader) {
    if (options !== undefined) return abortable(options, () => this.get1(kind, a, undefined, reader));
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const word = head(verbs.get, kind, 1);
      if (!bridge.isEmbedded) {
        if (!bridge.asksNear(kind)) return bridge.call1(word, own(a), reader);
        const text = native.nearGet(bridge.open(), word, a);
        return text === undefined ? bridge.call1(word, own(a), reader) : this.#readNow(text, reader);
      }
      return this.#readNow(/** @type {string | null} */ (native.answer(bridge.open(), word, a)), reader);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads a value by its kind and two names.
   * @param {number} kind
   * @param {Name} a
   * @param {Name} b
   * @param {unknown} options
   * @param {Reader} [reader]
   * @returns {Promise<any>}
   */
  get2(kind, a, b, options, reader) {
    if (options !== undefined) return abortable(options, () => this.get2(kind, a, b, undefined, reader));
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const word = head(verbs.get, kind, 2);
      if (!bridge.isEmbedded) {
        if (!bridge.asksNear(kind)) return bridge.call2(word, own(a), own(b), reader);
        const text = native.nearGet(bridge.open(), word, a, b);
        return text === undefined ? bridge.call2(word, own(a), own(b), reader) : this.#readNow(text, reader);
      }
      return this.#readNow(/** @type {string | null} */ (native.answer(bridge.open(), word, a, b)), reader);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @param {string | null} text
   * @param {Reader} [reader]
   */
  #readNow(text, reader) {
    const value = text === null ? null : this.#bridge.parse(text);
    return Promise.resolve(reader === undefined ? value : reader(value));
  }

  /**
   * Writes a value by its kind and one or two names. `ttlSeconds` is given only if callers choose it.
   * @param {number} kind
   * @param {Name[]} names
   * @param {unknown} value
   * @param {unknown} options
   * @param {unknown} [ttlSeconds]
   * @returns {Promise<boolean>}
   */
  set(kind, names, value, options, ttlSeconds) {
    const values = () => [...names, toJson(value), lifetimeWord(ttlSeconds)];
    return this.#answer(verbs.set | this.#writeFlag, kind, values, options, WITH_LIFETIME);
  }

  /**
   * Writes an object with one field. A field without JSON is refused like a value without JSON.
   * @param {number} kind
   * @param {Name[]} names
   * @param {readonly [field: string, value: unknown]} one
   * @param {unknown} options
   * @returns {Promise<boolean>}
   */
  setField(kind, names, [field, value], options) {
    const values = () => [...names, `{"${field}":${toJson(value)}}`, undefined];
    return this.#answer(verbs.set | this.#writeFlag, kind, values, options);
  }

  /**
   * @param {number} kind
   * @param {Name[]} names
   * @param {unknown} options
   * @returns {Promise<boolean>}
   */
  delete(kind, names, options) {
    return this.#answer(verbs.delete, kind, () => names, options);
  }

  /**
   * Maps a phone number and a lead to each other, in one step.
   * @param {Name} phone
   * @param {Name} lead
   * @param {unknown} options
   * @returns {Promise<boolean>}
   */
  mapLead(phone, lead, options) {
    const values = () => [phone, lead, toJson(phone ?? null), toJson(lead ?? null)];
    return this.#answer(verbs.mapLead | this.#writeFlag, 0, values, options);
  }

  /**
   * @param {Name} name
   * @param {Name} organization
   * @param {Name} field
   * @param {unknown} options
   * @returns {Promise<any>}
   */
  hashGet(name, organization, field, options) {
    return this.#answer(verbs.hashGet, kinds.managed, () => [name, organization, field], options);
  }

  /**
   * @param {[name: Name, organization: Name, field: Name]} of
   * @param {unknown} value
   * @param {unknown} options
   * @param {unknown} ttlSeconds
   * @returns {Promise<boolean>}
   */
  hashSet([name, organization, field], value, options, ttlSeconds) {
    const values = () => [name, organization, field, toJson(value), lifetimeWord(ttlSeconds)];
    return this.#answer(verbs.hashSet, kinds.managed, values, options);
  }

  /**
   * @param {Name} name
   * @param {Name} organization
   * @param {Name} field
   * @param {unknown} options
   * @returns {Promise<boolean>}
   */
  hashDelete(name, organization, field, options) {
    return this.#answer(verbs.hashDelete, kinds.managed, () => [name, organization, field], options);
  }

  /**
   * @param {Name} name
   * @param {Name} organization
   * @param {unknown} options
   * @returns {Promise<Record<string, any>>}
   */
  hashEntries(name, organization, options) {
    return this.#answer(verbs.hashEntries, kinds.managed, () => [name, organization], options);
  }

  /**
   * @param {Name} organization
   * @param {unknown} [options]
   * @returns {Promise<number | false>}
   */
  clearOrganization(organization, options) {
    return this.#answer(verbs.clear, 0, () => [organization], options);
  }

  /**
   * Answers `value` for a call on the global scope, which has no data of an organization. Refuses the call if an
   * organization must be named.
   * @template Answer
   * @param {Answer} value
   * @param {unknown} options
   */
  ofGlobalScope(value, options) {
    return abortable(options, async () => {
      this.#bridge.open();
      if (this.requiresOrganization) throw organizationMissing();
      return value;
    });
  }

  /**
   * @param {number} verb
   * @param {number} kind
   * @param {() => unknown[]} makeArguments
   * @param {unknown} [options]
   * @param {readonly string[]} [allowed]
   * @returns {Promise<any>}
   */
  #answer(verb, kind, makeArguments, options, allowed) {
    if (options !== undefined) {
      return abortable(options, () => this.#answer(verb, kind, makeArguments), allowed);
    }
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const values = makeArguments();
      const word = head(verb, kind, values.length);
      if (!bridge.isEmbedded) return bridge.call(word, owned(values));
      return this.#now(bridge, native.answer(bridge.open(), word, ...values), verb === verbs.hashGet);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @param {Bridge} bridge
   * @param {ReturnType<typeof native.answer>} outcome
   * @param {boolean} isRead
   * @returns {Promise<any>}
   */
  #now(bridge, outcome, isRead) {
    if (Array.isArray(outcome)) return Promise.resolve(bridge.entries(outcome));
    return isRead ? this.#readNow(/** @type {string | null} */ (outcome)) : Promise.resolve(outcome);
  }
}

/**
 * A name that the caller cannot change before it crosses. Almost all names are texts.
 * @param {Name} name
 */
function own(name) {
  return typeof name === 'object' ? ownBytes(name) : name;
}

/**
 * Takes the names of a list by value, in the list itself. The list must not be shared.
 * @param {unknown[]} values
 */
function owned(values) {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] === 'object') values[i] = ownBytes(values[i]);
  }
  return values;
}

/**
 * A lifetime for native code: a number, a text (values of `process.env` are texts), or nothing. For any other type
 * it is the type's name, which is not a number and is refused.
 * @param {unknown} ttlSeconds
 */
function lifetimeWord(ttlSeconds) {
  if (ttlSeconds === null || ttlSeconds === undefined || typeof ttlSeconds === 'number') return ttlSeconds;
  return typeof ttlSeconds === 'string' ? ttlSeconds.trim() : typeof ttlSeconds;
}

module.exports = { CacheCalls, organizationMissing, toJson };
