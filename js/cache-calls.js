'use strict';

const { OrgCacheError } = require('./errors.js');
const { head, protocol } = require('./protocol.js');

const { kinds, verbs } = protocol;

/** The JSON text of a value; throws `E_SERIALIZE` where it has none. */
function toJson(value) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new OrgCacheError(
      'E_SERIALIZE',
      'the value has no JSON: it holds a BigInt, a cycle or a toJSON that throws',
      { cause },
    );
  }
  if (text === undefined) {
    throw new OrgCacheError(
      'E_SERIALIZE',
      `the value has no JSON: it is ${typeof value}; give an object, array, text, number, boolean or null`,
    );
  }
  return text;
}

/** Calls on cached values. Each answers with a promise, whatever goes wrong. */
class CacheCalls {
  #bridge;

  constructor(bridge) {
    this.#bridge = bridge;
  }

  /** Reads the value of a kind by one name. */
  get1(kind, a, reader) {
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const word = head(verbs.get, kind, 1);
      if (!bridge.isEmbedded) return bridge.call1(word, a, reader);
      return this.#readNow(bridge.open().answer(word, a), reader);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Reads the value of a kind by two names. */
  get2(kind, a, b, reader) {
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const word = head(verbs.get, kind, 2);
      if (!bridge.isEmbedded) return bridge.call2(word, a, b, reader);
      return this.#readNow(bridge.open().answer(word, a, b), reader);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #readNow(text, reader) {
    const value = text === null ? null : this.#bridge.parse(text);
    return Promise.resolve(reader === undefined ? value : reader(value));
  }

  /** Writes the value of a kind. `names` are one or two, `ttlSeconds` only where callers choose it. */
  set(kind, names, value, ttlSeconds) {
    return this.#answer(verbs.set, kind, () => [...names, toJson(value), numberOr(ttlSeconds)]);
  }

  /** Writes an object with one field; a field without JSON is refused as a value is. */
  setField(kind, names, field, value) {
    return this.#answer(verbs.set, kind, () => [...names, `{"${field}":${toJson(value)}}`, undefined]);
  }

  delete(kind, names) {
    return this.#answer(verbs.delete, kind, () => names);
  }

  /** Both directions between a phone number and a lead, in one step. */
  mapLead(phone, lead) {
    return this.#answer(verbs.mapLead, 0, () => [phone, lead, toJson(phone ?? null), toJson(lead ?? null)]);
  }

  hashGet(name, organization, field) {
    return this.#answer(verbs.hashGet, kinds.managed, () => [name, organization, field], true);
  }

  hashSet(name, organization, field, value, ttlSeconds) {
    const names = () => [name, organization, field, toJson(value), numberOr(ttlSeconds)];
    return this.#answer(verbs.hashSet, kinds.managed, names);
  }

  hashDelete(name, organization, field) {
    return this.#answer(verbs.hashDelete, kinds.managed, () => [name, organization, field]);
  }

  hashEntries(name, organization) {
    return this.#answer(verbs.hashEntries, kinds.managed, () => [name, organization]);
  }

  clearOrganization(organization) {
    return this.#answer(verbs.clear, 0, () => [organization]);
  }

  #answer(verb, kind, makeArguments, isRead = false) {
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const values = makeArguments();
      const word = head(verb, kind, values.length);
      if (!bridge.isEmbedded) return bridge.call(word, values);
      return this.#now(bridge, bridge.open().answer(word, ...values), isRead);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #now(bridge, outcome, isRead) {
    if (Array.isArray(outcome)) return Promise.resolve(bridge.entries(outcome));
    return isRead ? this.#readNow(outcome) : Promise.resolve(outcome);
  }
}

/** A lifetime is a number, also as text (`process.env` has no other), or left out; native code says what a number means. */
function numberOr(ttlSeconds) {
  const isText = typeof ttlSeconds === 'string' && ttlSeconds.trim() !== '';
  return typeof ttlSeconds === 'number' || isText ? Number(ttlSeconds) : undefined;
}

module.exports = { CacheCalls };
