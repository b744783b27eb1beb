'use strict';

const { abortable } = require('./abort.js');
const { OrgCacheError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { ownBytes } = require('./argument-arena.js');
const { head, protocol } = require('./protocol.js');

/** @import { Reader } from './bridge-types.js' */

/** @typedef {InstanceType<typeof import('./bridge.js').Bridge>} Bridge */

/**
 * A name as the caller gave it: native code refuses what it cannot use.
 * @typedef {unknown} Name
 */

const { kinds, verbs } = protocol;
const { client: native } = loadNative();
/** Beside a write's verb: Redis itself must have the value; where only the journal could, the answer is false. */
const ACKNOWLEDGED = protocol.acknowledgedFlag;
/** The same for a copy of what the caller keeps: memory answers it while Redis is away. */
const COPIED = protocol.copiedFlag;
/** The options of a set whose caller chooses the lifetime. */
const WITH_LIFETIME = ['signal', 'ttlSeconds'];

/** As native code refuses a call that names no organization. */
function organizationMissing() {
  return new OrgCacheError(
    'E_KEY',
    'the organization is missing or empty, and requireOrganization is set; give its id',
  );
}

/**
 * The JSON text of a value; throws `E_SERIALIZE` where it has none.
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
 * Why a value has no JSON, by what JavaScript threw: a RangeError is a limit of its own, met on the way.
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
 * Calls on cached values. Each answers with a promise, whatever goes wrong. `options` are those of the public
 * methods; where they are left out that is all that is asked of them.
 */
class CacheCalls {
  #bridge;
  #writeFlag;

  /**
   * `acknowledged`: writes count only where Redis itself has acknowledged them; `copied`: they are copies, too.
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
   * Reads the value of a kind by one name; `reader` makes the caller's value of it.
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
      if (!bridge.isEmbedded) return bridge.call1(word, own(a), reader);
      return this.#readNow(/** @type {string | null} */ (native.answer(bridge.open(), word, a)), reader);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads the value of a kind by two names.
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
      if (!bridge.isEmbedded) return bridge.call2(word, own(a), own(b), reader);
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
   * Writes the value of a kind. `names` are one or two, `ttlSeconds` only where callers choose it.
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
   * Writes an object with one field; a field without JSON is refused as a value is.
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
   * Both directions between a phone number and a lead, in one step.
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
   * Answers a call on the organization that the global scope is not: `value`, or a refusal where one must be named.
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
 * A name that nobody changes before it crosses. Almost all are texts.
 * @param {Name} name
 */
function own(name) {
  return typeof name === 'object' ? ownBytes(name) : name;
}

/**
 * The same of a list that is nobody else's.
 * @param {unknown[]} values
 */
function owned(values) {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] === 'object') values[i] = ownBytes(values[i]);
  }
  return values;
}

/**
 * A lifetime as native code judges it: a number, a text (`process.env` has no other), or left out. The name of any other
 * type is no number, and is refused as that.
 * @param {unknown} ttlSeconds
 */
function lifetimeWord(ttlSeconds) {
  if (ttlSeconds === null || ttlSeconds === undefined || typeof ttlSeconds === 'number') return ttlSeconds;
  return typeof ttlSeconds === 'string' ? ttlSeconds.trim() : typeof ttlSeconds;
}

module.exports = { CacheCalls, organizationMissing, toJson };
