'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');
const { now } = require('../time.js');

/** @import { EraseReport, RedisClient } from '../../index.js' */
/** @import { Bridge } from '../bridge.js' */
/** @import { Failure } from '../errors.js' */
/** @import { Eraser } from '../surface.js' */

/**
 * What native code tells of an erasure: a pattern for keys that may be the organization's, the script that erases those
 * that are, and the places of all rooms, each with a letter that stands for it.
 * @typedef {{ pattern: string, script: string, places: { name: string, isLast: boolean, inside: Inside | null }[] }} Plan
 */
/**
 * Keys whose names do not show whose they are, and the script that looks inside.
 * @typedef {{ pattern: string, script: string, words: string[] }} Inside
 */
/** @typedef {{ entries: number, bytes: number }} Erased */
/** @typedef {Map<string, Erased>} ByPlace */

const { erasure: native } = loadNative();
const { eraseKeysAStep, eraseRounds } = protocol.limits;
const FIRST_LETTER = 'a'.charCodeAt(0);
const START = '0';
const COUNT_IN = { erase: 'e', count: 'c' };
/** The state in which memory answers in place of Redis. */
const AWAY = 'degraded';
/** After these a command may have run. */
const IN_DOUBT = ['E_TIMEOUT', 'E_UNKNOWN_OUTCOME', 'E_CONNECT'];

/** Erases one organization: carries native code's commands to Redis, and adds up what they answer. */
class Erasure {
  #bridge;
  #client;
  #erasers;
  #organization;
  #deadlineMs;
  /** @type {ByPlace} */
  #erased = new Map();
  /**
   * Places whose keys the erasure itself makes.
   * @type {Set<string>}
   */
  #uncounted = new Set();
  #hasBegun = false;

  /**
   * @param {object} parts
   * @param {InstanceType<typeof Bridge>} parts.bridge
   * @param {() => RedisClient} parts.client
   * @param {Set<Eraser>} parts.erasers
   * @param {unknown} parts.organization
   * @param {number} parts.deadlineMs
   */
  constructor({ bridge, client, erasers, organization, deadlineMs }) {
    this.#bridge = bridge;
    this.#client = client;
    this.#erasers = erasers;
    this.#organization = organization;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * @param {EraseReport['verified']} verify
   * @returns {Promise<EraseReport>}
   */
  async run(verify) {
    const opened = this.#bridge.open();
    /** @type {Plan} */
    const plan = JSON.parse(native.begin(opened, this.#organization));
    try {
      for (const { name, isLast } of plan.places) {
        if (isLast) this.#uncounted.add(name);
        else this.#erased.set(name, { entries: 0, bytes: 0 });
      }
      // What was called before goes first.
      this.#bridge.submitNow();
      const remaining = await this.#rounds(plan, verify);
      return this.#report(verify, remaining);
    } catch (error) {
      throw this.#hasBegun ? incomplete(/** @type {Failure} */ (error)) : error;
    } finally {
      native.end(opened, this.#organization);
    }
  }

  /**
   * What a second look still finds. Other processes may have written meanwhile, so an erasure begins again then.
   * @param {Plan} plan
   * @param {EraseReport['verified']} verify
   */
  async #rounds(plan, verify) {
    const { useRedis } = this.#bridge.config();
    if (useRedis) await this.#reach();
    this.#hasBegun = true;
    let remaining = 0;
    for (let round = 0; round < eraseRounds; round++) {
      this.#forget();
      if (useRedis) {
        add(this.#erased, await this.#steps(true));
        await this.#sweep(plan);
        // Reads may have brought something back before it was erased.
        this.#forget();
      }
      await this.#askErasers();
      await Promise.all(this.#bridge.erasureListeners.map(({ erased }) => erased()));
      remaining = useRedis ? await this.#count(plan, verify) : 0;
      remaining += Number(native.remaining(this.#bridge.open(), this.#organization));
      for (const eraser of this.#erasers) remaining += await eraser.remaining(String(this.#organization));
      if (remaining === 0) break;
    }
    return remaining;
  }

  /** What native code does not erase. */
  async #askErasers() {
    for (const eraser of this.#erasers) {
      this.#checkTime();
      const entries = await eraser.erase(String(this.#organization));
      add(this.#erased, new Map([[eraser.place, { entries, bytes: 0 }]]));
    }
  }

  /** Rejects if Redis does not answer, before anything is erased. */
  async #reach() {
    if (this.#bridge.report().state.state === AWAY) {
      throw new OrgCacheError('E_CONNECT', 'Redis is away, so nothing of the organization was erased', {
        retryable: true,
      });
    }
    await this.#client().ping();
  }

  /** Forgets what this process keeps. */
  #forget() {
    const forgotten = JSON.parse(native.forget(this.#bridge.open(), this.#organization));
    for (const name of this.#uncounted) delete forgotten[name];
    add(this.#erased, new Map(Object.entries(forgotten)));
    add(this.#erased, this.#bridge.forgetOrganization(this.#organization));
  }

  /**
   * Runs the commands that come before a scan, each until its cursor is back at the start.
   * @param {boolean} erases
   */
  async #steps(erases) {
    /** @type {string[][]} */
    const steps = JSON.parse(native.steps(this.#bridge.open(), this.#organization, erases));
    /** @type {ByPlace} */
    const found = new Map();
    for (const [command, ...words] of steps) {
      let cursor = START;
      do {
        cursor = await this.#ask(found, command, [...words, cursor]);
      } while (cursor !== START);
    }
    return found;
  }

  /**
   * Erases every key of the organization that a scan of all keys finds. Marks of clearings go last: they keep what other
   * processes have begun from being stored.
   * @param {Plan} plan
   */
  async #sweep(plan) {
    /** @type {Map<string, Buffer[]>} */
    const last = new Map();
    for await (const found of this.#owned(plan)) {
      /** @type {Map<string, Buffer[]>} */
      const next = new Map();
      for (const { key, place } of found) {
        const group = place.isLast ? last : next;
        group.set(place.name, [...(group.get(place.name) ?? []), key]);
      }
      for (const [name, keys] of next) await this.#eraseKeys(this.#erased, plan.script, name, keys);
    }
    await this.#lookInside(this.#erased, plan, COUNT_IN.erase);
    for (const [name, keys] of last) await this.#eraseKeys(new Map(), plan.script, name, keys);
  }

  /**
   * Erases or counts what only scripts that look inside find.
   * @param {ByPlace} into
   * @param {Plan} plan
   * @param {string} mode
   */
  async #lookInside(into, { places }, mode) {
    const client = this.#client();
    for (const { name, inside } of places) {
      if (inside === null) continue;
      const { pattern, script, words } = inside;
      for await (const page of client.scanBufferStream({ match: pattern, count: eraseKeysAStep })) {
        const keys = /** @type {Buffer[]} */ (page);
        // In a cluster they are in different slots.
        const groups = client.isCluster ? keys.map((key) => [key]) : keys.length === 0 ? [] : [keys];
        const ask = (/** @type {Buffer[]} */ group) =>
          this.#runKnown(into, script, [group.length, ...group, mode, name, ...words, START]);
        await Promise.all(groups.map(ask));
      }
    }
  }

  /**
   * Runs a script that is sent often. Its text goes to servers that do not know it.
   * @param {ByPlace} into
   * @param {string} script
   * @param {(string | number | Buffer)[]} words
   */
  async #runKnown(into, script, words) {
    const sha = createHash('sha1').update(script).digest('hex');
    let cursor;
    do {
      cursor = await this.#ask(into, 'EVALSHA', [sha, ...words]).catch((error) => {
        if (error.redisCode !== 'NOSCRIPT') throw error;
        return this.#ask(into, 'EVAL', [script, ...words]);
      });
    } while (cursor !== START);
  }

  /**
   * @param {ByPlace} into
   * @param {string} script
   * @param {string} name
   * @param {Buffer[]} keys
   */
  async #eraseKeys(into, script, name, keys) {
    for (let from = 0; from < keys.length; from += eraseKeysAStep) {
      const page = keys.slice(from, from + eraseKeysAStep);
      await this.#ask(into, 'EVAL', [script, page.length, ...page, COUNT_IN.erase, name, START]);
    }
  }

  /**
   * The organization's keys on all primaries, step by step.
   * @param {Plan} plan
   */
  async *#owned({ pattern, places }) {
    const pages = this.#client().scanBufferStream({ match: pattern, count: eraseKeysAStep });
    for await (const page of pages) {
      this.#checkTime();
      const keys = /** @type {Buffer[]} */ (page);
      if (keys.length === 0) continue;
      const letters = native.owners(this.#bridge.open(), this.#organization, ...keys);
      yield keys
        .map((key, at) => ({ key, place: places[letters.charCodeAt(at) - FIRST_LETTER] }))
        .filter(({ place }) => place !== undefined);
    }
  }

  /**
   * How much is left in Redis: of what indexes list, or of all keys.
   * @param {Plan} plan
   * @param {EraseReport['verified']} verify
   */
  async #count(plan, verify) {
    const listed = await this.#steps(false);
    /** @type {ByPlace} */
    const scanned = new Map();
    if (verify === 'scan') {
      for await (const found of this.#owned(plan)) {
        for (const { place } of found) add(scanned, new Map([[place.name, { entries: 1, bytes: 0 }]]));
      }
      await this.#lookInside(scanned, plan, COUNT_IN.count);
    }
    const names = new Set([...listed.keys(), ...scanned.keys()]);
    // The same key may be found both ways.
    const left = [...names].map((name) =>
      Math.max(listed.get(name)?.entries ?? 0, scanned.get(name)?.entries ?? 0),
    );
    return left.reduce((sum, entries) => sum + entries, 0);
  }

  /**
   * Sends one command and adds up what it answers. Answers the next cursor.
   * @param {ByPlace} into
   * @param {string} command
   * @param {(string | number | Buffer)[]} words
   */
  async #ask(into, command, words) {
    this.#checkTime();
    const reply = await this.#client().call(command, ...words);
    const [cursor, ...rest] = /** @type {(string | number | string[])[]} */ (reply);
    const further = rest.filter(Array.isArray);
    await Promise.all(further.map((given) => this.#send(given)));
    const counts = rest.slice(0, rest.length - further.length);
    for (let at = 0; at < counts.length; at += 3) {
      const [name, entries, bytes] = counts.slice(at, at + 3);
      add(into, new Map([[String(name), { entries: Number(entries), bytes: Number(bytes) }]]));
    }
    return String(cursor);
  }

  /**
   * Sends a command that a script has answered.
   * @param {string[]} words
   */
  async #send(words) {
    const [command, ...given] = words;
    await this.#client().call(String(command), ...given);
    for (const { sent } of this.#bridge.erasureListeners) sent(words);
  }

  #checkTime() {
    if (now() < this.#deadlineMs) return;
    throw new OrgCacheError('E_TIMEOUT', 'the organization was not erased within timeoutMs');
  }

  /**
   * @param {EraseReport['verified']} verified
   * @param {number} remaining
   * @returns {EraseReport}
   */
  #report(verified, remaining) {
    const rooms = Object.fromEntries(this.#erased);
    const all = [...this.#erased.values()];
    return {
      entries: all.reduce((sum, { entries }) => sum + entries, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      remaining,
      verified,
      rooms,
    };
  }
}

/**
 * Adds counts to others.
 * @param {ByPlace} into
 * @param {ByPlace} from
 */
function add(into, from) {
  for (const [name, { entries, bytes }] of from) {
    const sum = into.get(name) ?? { entries: 0, bytes: 0 };
    into.set(name, { entries: sum.entries + entries, bytes: sum.bytes + bytes });
  }
}

/**
 * The error of an erasure that has begun and did not come to its end.
 * @param {Failure} cause
 */
function incomplete(cause) {
  const code = /** @type {import('../../index.js').ErrorCode} */ (cause.code);
  if (!IN_DOUBT.includes(code)) return cause;
  const why = code === 'E_TIMEOUT' ? 'E_TIMEOUT' : 'E_UNKNOWN_OUTCOME';
  return new OrgCacheError(
    why,
    `a part of the organization is erased and a part may be left; call eraseOrganization() again (${cause.message})`,
    { retryable: true, cause },
  );
}

module.exports = { Erasure };
