'use strict';

const { msOf } = require('./positions.js');

/** What a message takes in addition to its text. */
const MESSAGE_BYTES = 64;
const LINE_END = /\r\n|\n|\r/;

/** A message as all readers of a channel share it: its JSON, and what is made of it once for all of them. */
class Told {
  /** @type {Map<string, Buffer> | undefined} */
  #events;

  /**
   * @param {string | null} id Null where the topic keeps no messages.
   * @param {string} before The id of the message before it.
   * @param {string} text JSON.
   * @param {number} atMs
   */
  constructor(id, before, text, atMs) {
    this.id = id;
    this.before = before;
    this.text = text;
    this.atMs = atMs;
    this.bytes = MESSAGE_BYTES + text.length;
  }

  /**
   * The message as an event of `text/event-stream`, without an id.
   * @param {string} topic
   */
  event(topic) {
    return this.#made(topic, () => eventOf(topic, this.text));
  }

  /**
   * The same with the message's own id.
   * @param {string} topic
   */
  eventWithId(topic) {
    return this.#made(`${topic} `, () => `id: ${this.id}\n${eventOf(topic, this.text)}`);
  }

  /**
   * @param {string} name
   * @param {() => string} make
   */
  #made(name, make) {
    this.#events ??= new Map();
    let bytes = this.#events.get(name);
    if (bytes === undefined) {
      bytes = Buffer.from(make());
      this.#events.set(name, bytes);
    }
    return bytes;
  }
}

/**
 * @param {string} event
 * @param {string} data Each of its lines becomes one of the event.
 */
function eventOf(event, data) {
  return `event: ${event}\ndata: ${data.split(LINE_END).join('\ndata: ')}\n\n`;
}

/**
 * What a channel of a topic with replay says: `{id} {id of the one before} {JSON}`. Undefined for anything else.
 * @param {string} said
 */
function keptOf(said) {
  const first = said.indexOf(' ');
  const second = said.indexOf(' ', first + 1);
  if (first < 1 || second < 0) return undefined;
  return kept(said.slice(0, first), said.slice(first + 1, second), said.slice(second + 1));
}

/**
 * @param {string} id
 * @param {string} before
 * @param {string} text
 */
function kept(id, before, text) {
  return new Told(id, before, text, msOf(id));
}

module.exports = { Told, eventOf, kept, keptOf };
