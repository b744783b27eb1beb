'use strict';

const { counter, gauge } = require('../metrics/family.js');

/** @import { TopicCounts } from '../../types/topic.js' */
/** @import { Source } from '../metrics/registry.js' */

const COUNTS = /** @type {const} */ ([
  'published',
  'repeated',
  'journalled',
  'failed',
  'delivered',
  'replayed',
  'dropped',
  'reset',
  'slow',
  'damaged',
]);

/** @typedef {typeof COUNTS[number]} Count */

/** What became of the messages of an instance's topics, by their names. */
class Tally {
  /** @type {Map<string, Record<Count, number>>} */
  #topics = new Map();
  /** @type {Set<() => { channels: number, readers: number }>} */
  #rooms = new Set();

  /** @param {string} topic */
  of(topic) {
    let counts = this.#topics.get(topic);
    if (counts === undefined) {
      counts = /** @type {Record<Count, number>} */ (Object.fromEntries(COUNTS.map((name) => [name, 0])));
      this.#topics.set(topic, counts);
    }
    return counts;
  }

  /**
   * Adds a room, which says what it has open. Answers a function that removes it.
   * @param {() => { channels: number, readers: number }} open
   */
  room(open) {
    this.#rooms.add(open);
    return () => this.#rooms.delete(open);
  }

  /**
   * The counts of some topics.
   * @param {readonly string[]} topics
   * @returns {Record<string, TopicCounts>}
   */
  counts(topics) {
    return Object.fromEntries(topics.map((topic) => [topic, { ...this.of(topic) }]));
  }

  /** @type {Source} */
  families = () => {
    const open = [...this.#rooms].map((room) => room());
    const sum = (/** @type {'channels' | 'readers'} */ what) =>
      open.reduce((total, room) => total + room[what], 0);
    const samples = [...this.#topics].flatMap(([topic, counts]) =>
      COUNTS.map((outcome) => ({ labels: { topic, outcome }, value: counts[outcome] })),
    );
    return [
      counter('orgcache_topic_messages', 'Messages of topics by what became of them.', samples),
      gauge('orgcache_topic_readers', 'Readers of topics.', sum('readers')),
      gauge('orgcache_topic_channels', 'Channels of topics that are subscribed.', sum('channels')),
    ];
  };
}

module.exports = { Tally };
