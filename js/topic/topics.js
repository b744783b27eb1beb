'use strict';

const { randomUUID } = require('node:crypto');
const { channel: diagnostics } = require('node:diagnostics_channel');
const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { signalOf } = require('../options.js');
const { Channel } = require('./channel.js');
const { Engine, normalized } = require('./engine.js');
const { afterOf, limitOf, nameOf, placesOf, readerBytesOf, sseOf, textOf, whoseOf } = require('./given.js');
const { Pages } = require('./pages.js');
const { stream } = require('./sse.js');
const { Subscription } = require('./subscription.js');

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { HistoryOptions, PublishOptions, SseOptions, SubscribeOptions, TopicMessage, TopicsOptions } from '../../types/topic.js' */

/**
 * What topics need of their instance.
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('../bridge.js').Bridge>} bridge
 * @property {() => InstanceType<typeof import('./hub.js').Hub>} hub
 * @property {InstanceType<typeof import('./tally.js').Tally>} tally
 * @property {() => void} onFirstKept Called when topics that keep messages are used for the first time.
 */

/**
 * A topic of the room.
 * @typedef {object} Known
 * @property {string} name
 * @property {number} number
 * @property {number | undefined} keptMs How long its messages are kept; undefined where they are not.
 */

/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */
/** @typedef {readonly [organization: string | undefined, user: string | undefined]} Whose */

const PUBLISH_OPTIONS = ['id', 'journal', 'organizationId', 'signal', 'userId'];
const SUBSCRIBE_OPTIONS = ['after', 'maxBytes', 'organizationId', 'signal', 'userId'];
const HISTORY_OPTIONS = ['after', 'limit', 'organizationId', 'signal', 'userId'];
const happenings = diagnostics('orgcache:topic');

/** Topics of an application. types/topic.d.ts says what each method promises. */
class Topics {
  #engine;
  #hub;
  #tally;
  #forget;
  /** @type {Map<string, Known>} */
  #topics = new Map();
  /** @type {Map<string, InstanceType<typeof Channel>>} */
  #channels = new Map();
  #pages;
  #isClosed = false;

  /**
   * @param {TopicsOptions<any>} given
   * @param {Parts} parts
   */
  constructor(given, { bridge, hub, tally, onFirstKept }) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new OrgCacheError('E_CONFIG', 'createTopics() takes an object of options');
    }
    for (const [number, { name, retainSeconds }] of normalized(given).topics.entries()) {
      const keptMs = retainSeconds === null ? undefined : retainSeconds * 1000;
      this.#topics.set(name, { name, number, keptMs });
    }
    this.#hub = hub;
    this.#tally = tally;
    const keeps = [...this.#topics.values()].some(({ keptMs }) => keptMs !== undefined);
    this.#engine = new Engine({ bridge, options: given, onOpen: keeps ? onFirstKept : () => {} });
    this.#pages = new Pages(this.#engine);
    this.#forget = tally.room(() => ({ channels: this.#channels.size, readers: this.#readers }));
  }

  get #readers() {
    return [...this.#channels.values()].reduce((sum, { readers }) => sum + readers, 0);
  }

  /** @param {unknown} name */
  #topic(name) {
    const topic = this.#topics.get(/** @type {string} */ (name));
    if (topic !== undefined) return topic;
    const there = [...this.#topics.keys()].join(', ');
    throw new OrgCacheError('E_POLICY', `no topic of these topics has that name (there are: ${there})`);
  }

  /** @param {Known} topic */
  #keeping(topic) {
    if (topic.keptMs !== undefined) return topic;
    throw new OrgCacheError(
      'E_ARGUMENT',
      `the topic ${topic.name} keeps no messages, so there is nothing to read again; give it replay`,
    );
  }

  /**
   * @param {string} name
   * @param {unknown} payload
   * @param {PublishOptions} [options]
   */
  publish(name, payload, options) {
    if (options === undefined) return this.#publish(name, payload, {});
    return abortable(options, () => this.#publish(name, payload, options), PUBLISH_OPTIONS);
  }

  /**
   * @param {string} name
   * @param {unknown} payload
   * @param {PublishOptions} options
   * @returns {Promise<{ id: string | null }>}
   */
  async #publish(name, payload, options) {
    const topic = this.#topic(name);
    const whose = whoseOf(options);
    const text = textOf(payload);
    // What the journal holds may be sent twice.
    const id = nameOf(options.id, 'id') ?? (options.journal ? randomUUID() : undefined);
    const counts = this.#tally.of(name);
    let outcome;
    try {
      outcome = await this.#engine.ask('publish', topic.number, ...whose, text, id, options.journal ? 1 : 0);
    } catch (error) {
      counts.failed++;
      throw error;
    }
    if (outcome === 'journalled') {
      counts.journalled++;
      this.#happened('journalled', name);
      return { id: null };
    }
    const [entry = null, before] = outcome ?? [];
    if (entry !== null && before === undefined) {
      counts.repeated++;
      return { id: entry };
    }
    counts.published++;
    this.#happened('published', name);
    if (this.#engine.isEmbedded) {
      this.#channels.get(keyOf(topic, whose))?.take(entry === null ? text : `${entry} ${before} ${text}`);
    }
    return { id: entry };
  }

  /**
   * @param {string} name
   * @param {SubscribeOptions} [options]
   */
  subscribe(name, options = {}) {
    const signal = signalOf(options, SUBSCRIBE_OPTIONS);
    const topic = this.#topic(name);
    const whose = whoseOf(options);
    const after = afterOf(options.after);
    if (after !== undefined) this.#keeping(topic);
    const maxBytes = readerBytesOf(options);
    const counts = this.#tally.of(name);
    const subscription = new Subscription({
      ...this.#reading(topic, whose),
      after,
      maxBytes,
      keeps: topic.keptMs !== undefined,
      signal,
      read: (message, reset, dropped) => this.#read(topic, message, reset, dropped),
      onDropped: (count) => {
        counts.dropped += count;
        this.#happened('dropped', name, { count });
      },
    });
    if (signal?.aborted) subscription.fail(signal.reason);
    return subscription;
  }

  /**
   * A message as readers get it. Undefined for what is no JSON.
   * @param {Known} topic
   * @param {Told} message
   * @param {'trimmed' | 'unknown' | undefined} reset
   * @param {number} dropped
   * @returns {TopicMessage<any> | undefined}
   */
  #read({ name }, { id, text, atMs }, reset, dropped) {
    const counts = this.#tally.of(name);
    let payload;
    try {
      payload = JSON.parse(text);
    } catch {
      counts.damaged++;
      return undefined;
    }
    counts.delivered++;
    const message = { topic: name, id, payload, at: new Date(atMs), dropped };
    return reset === undefined ? message : { ...message, reset };
  }

  /**
   * The channel of a topic, and how its stream is read.
   * @param {Known} topic
   * @param {Whose} whose
   */
  #reading(topic, whose) {
    const counts = this.#tally.of(topic.name);
    const pageAtLast = async (/** @type {string} */ after, /** @type {() => boolean} */ isEnded) => {
      const page = await this.#pages.afterAtLast([topic.number, ...whose], after, isEnded);
      counts.replayed += page?.messages.length ?? 0;
      return page;
    };
    return { channel: this.#channel(topic, whose, pageAtLast), page: pageAtLast };
  }

  /**
   * @param {Known} topic
   * @param {Whose} whose
   * @param {import('./channel.js').ChannelParts['pageAtLast']} pageAtLast
   */
  #channel(topic, whose, pageAtLast) {
    // Throws where the room was closed.
    this.#engine.open();
    const key = keyOf(topic, whose);
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const counts = this.#tally.of(topic.name);
    const made = new Channel({
      keptMs: topic.keptMs,
      page: (after, limit) => this.#pages.after([topic.number, ...whose], after, limit),
      pageAtLast,
      subscribe: (channel) => this.#subscribe(channel, topic, whose),
      onReset: (reset) => {
        counts.reset++;
        this.#happened('reset', topic.name, { reset });
      },
      onDamaged: () => {
        counts.damaged++;
      },
      onUnused: () => {
        if (this.#channels.get(key) === made) this.#channels.delete(key);
      },
    });
    this.#channels.set(key, made);
    return made;
  }

  /**
   * @param {InstanceType<typeof Channel>} channel
   * @param {Known} topic
   * @param {Whose} whose
   */
  async #subscribe(channel, topic, whose) {
    const engine = this.#engine;
    const name = engine.channel(topic.number, ...whose);
    if (engine.isEmbedded) return () => {};
    return this.#hub().tap(name, engine.isClustered, {
      take: (said) => channel.take(said),
      missed: (gapMs) => channel.missed(gapMs),
      ended: () => channel.close(),
      holds: true,
    });
  }

  /**
   * @param {string} name
   * @param {HistoryOptions} [options]
   */
  history(name, options = {}) {
    return abortable(
      options,
      async () => {
        const topic = this.#keeping(this.#topic(name));
        const place = [topic.number, ...whoseOf(options)];
        const after = afterOf(options.after);
        const limit = limitOf(options);
        const pages = this.#pages;
        const found =
          after === undefined ? await pages.latest(place, limit) : await pages.first(place, after, limit);
        const isBroken = after !== undefined && found.length > 0 && found[0].before !== after;
        const messages = found.map((message, index) =>
          this.#read(topic, message, index === 0 && isBroken ? 'trimmed' : undefined, 0),
        );
        return messages.filter((message) => message !== undefined);
      },
      HISTORY_OPTIONS,
    );
  }

  /**
   * @param {any} request
   * @param {any} response
   * @param {SseOptions<any>} options
   * @returns {Promise<void>}
   */
  async sse(request, response, options) {
    const { topics: names, heartbeatMs, maxBufferedBytes, until } = sseOf(options);
    const whose = whoseOf(options);
    const known = names.map((name) => this.#topic(name));
    const keeping = known.filter(({ keptMs }) => keptMs !== undefined);
    /** @type {IncomingMessage} */
    const incoming = request.raw ?? request;
    const after = placesOf(
      incoming,
      keeping.map(({ name }) => name),
    );
    await stream(/** @type {ServerResponse} */ (response.raw ?? response), {
      topics: known.map((topic) => ({
        topic: topic.name,
        keeps: topic.keptMs !== undefined,
        parts: this.#reading(topic, whose),
      })),
      after,
      heartbeatMs,
      maxBufferedBytes,
      until,
      onSent: (topic) => {
        this.#tally.of(topic).delivered++;
      },
      onSlow: () => {
        for (const { name } of known) this.#tally.of(name).slow++;
        this.#happened('slow', known[0].name);
      },
    });
  }

  /** @returns {import('../../types/topic.js').TopicsStats} */
  stats() {
    return {
      channels: this.#channels.size,
      readers: this.#readers,
      topics: this.#tally.counts([...this.#topics.keys()]),
    };
  }

  /**
   * @param {string} event
   * @param {string} topic
   * @param {object} [detail]
   */
  #happened(event, topic, detail) {
    if (happenings.hasSubscribers) happenings.publish({ event, topic, ...detail });
  }

  async close() {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#forget();
      for (const channel of [...this.#channels.values()]) channel.close();
    }
    await this.#engine.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/**
 * The key of a channel in this room. Names are any text.
 * @param {Known} topic
 * @param {Whose} whose
 */
function keyOf({ number }, [organization, user]) {
  return JSON.stringify([number, organization ?? null, user ?? null]);
}

module.exports = { Topics };
