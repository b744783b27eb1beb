'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { PromptClient, away } = require('../prompt-client.js');
const { protocol } = require('../protocol.js');
const { Seal } = require('./seal.js');
const END = require('./scripts/end.lua.js');
const END_USER = require('./scripts/end-user.lua.js');
const MOVE = require('./scripts/move.lua.js');

/** @import { OrgCache, RedisClient } from '../../index.js' */

/** An id of the service before. */
const ID = /^[0-9a-f]{64}$/;
const { sessionServiceTtlSeconds: TTL, sessionServiceMostSeconds: MOST } = protocol.limits;
/** The set of all ids of the service before. */
const ALL = 'active:sessions';

/**
 * A session of the service before, as it is in Redis.
 * @typedef {Record<string, any> & { userId: string, createdAt?: number }} EarlierRecord
 */

/**
 * What is done with a session that moves.
 * @typedef {object} Mover
 * @property {(record: EarlierRecord, seconds: number) => Promise<string>} create Answers the new id.
 * @property {(id: string) => Promise<unknown>} destroy Ends the new session again.
 */

/**
 * Sessions of the service before, in a database of their own. Each is read once and moves; its id then leads to the new
 * one, which is sealed.
 */
class EarlierSessions {
  #client;
  #seal;
  #mover;
  /**
   * Moves under way, by id.
   * @type {Map<string, Promise<string | null>>}
   */
  #underWay = new Map();

  /**
   * @param {object} parts
   * @param {Pick<OrgCache, 'cacheAdapter' | 'redisManager'>} parts.orgcache
   * @param {number} parts.database
   * @param {readonly string[]} parts.secrets
   * @param {Mover} parts.mover
   */
  constructor({ orgcache, database, secrets, mover }) {
    this.#client = new PromptClient(orgcache, () => database);
    this.#seal = new Seal(secrets);
    this.#mover = mover;
  }

  /**
   * Sends calls to the database. Rejects if Redis is away.
   * @template Reply
   * @param {(client: RedisClient) => Promise<Reply>} call
   * @returns {Promise<Reply>}
   */
  async #ask(call) {
    const client = await this.#client.reach();
    if (client === undefined) throw away();
    if (client.isCluster) {
      throw new OrgCacheError('E_CONFIG', 'the option legacyDb needs one server; a cluster has one database');
    }
    return this.#client.ask(call(client));
  }

  /**
   * The id of a session that has moved, or moves now. `null`: there is none.
   * @param {string} id
   * @returns {Promise<string | null>}
   */
  moved(id) {
    const known = this.#underWay.get(id);
    if (known !== undefined) return known;
    const moving = this.#moved(id).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, moving);
    return moving;
  }

  /** @param {string} id */
  async #moved(id) {
    const [stands, text, lifeMs] = await this.#ask((client) =>
      Promise.all([client.get(standIn(id)), client.get(keyOf(id)), client.pttl(keyOf(id))]),
    );
    if (stands !== null) return this.#opened(id, stands);
    const record = recordIn(text);
    if (record === null) return null;
    // A key without an expiry was written by hand.
    const seconds = lifeMs > 0 ? Math.min(Math.ceil(lifeMs / 1000), MOST) : TTL;
    const created = await this.#mover.create(record, seconds);
    const sealed = this.#seal.close(created, nameOf(id));
    const { userId, createdAt = 0 } = record;
    const keys = [keyOf(id), standIn(id), endOf(userId), idsOf(userId), ALL];
    const stood = await this.#ask((client) =>
      client.eval(MOVE, keys.length, ...keys, sealed, seconds * 1000, id, createdAt),
    ).catch(async (error) => {
      await this.#mover.destroy(created).catch(() => undefined);
      throw error;
    });
    if (stood === sealed) return created;
    await this.#mover.destroy(created);
    return stood === null ? null : this.#opened(id, String(stood));
  }

  /**
   * @param {string} id
   * @param {string} stands
   */
  #opened(id, stands) {
    return this.#seal.open(stands, nameOf(id));
  }

  /**
   * Ends a session, unless it has moved: then answers its new id.
   * @param {string} id
   * @returns {Promise<string | null>}
   */
  async end(id) {
    const stands = await this.#ask((client) =>
      client.eval(END, 3, keyOf(id), standIn(id), ALL, id, TTL * 1000),
    );
    return stands === null ? null : this.#opened(id, String(stands));
  }

  /**
   * Ends all sessions of a user that have not moved. Answers how many there were.
   * @param {string} userId
   */
  async endUser(userId) {
    const keys = [idsOf(userId), ALL, endOf(userId)];
    return Number(await this.#ask((client) => client.eval(END_USER, keys.length, ...keys, MOST * 1000)));
  }

  /**
   * Moves all sessions of a user.
   * @param {string} userId
   */
  async moveUser(userId) {
    const ids = await this.#ask((client) => client.smembers(idsOf(userId)));
    await Promise.all(ids.filter(isEarlierId).map((id) => this.moved(id)));
  }
}

/** @param {string} id */
function isEarlierId(id) {
  return ID.test(id);
}

/** @param {string} id */
function keyOf(id) {
  return `session:${id}`;
}

/**
 * A name of the id that opens nothing.
 * @param {string} id
 */
function nameOf(id) {
  return createHash('sha256').update(id).digest('hex');
}

/**
 * The key of what stands for a session that has moved.
 * @param {string} id
 */
function standIn(id) {
  return `moved:session:${nameOf(id)}`;
}

/** @param {string} userId */
function idsOf(userId) {
  return `user:sessions:${userId}`;
}

/** @param {string} userId */
function endOf(userId) {
  return `ended:user:sessions:${userId}`;
}

/**
 * The session in a text of Redis, or null where there is none.
 * @param {string | null} text
 * @returns {EarlierRecord | null}
 */
function recordIn(text) {
  let record;
  try {
    record = JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
  const isUser = ['string', 'number'].includes(typeof record?.userId) && String(record.userId) !== '';
  return isUser && record.isActive !== false ? { ...record, userId: String(record.userId) } : null;
}

module.exports = { EarlierSessions, isEarlierId };
