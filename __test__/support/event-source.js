'use strict';

const http = require('node:http');
const { once } = require('node:events');
const { until } = require('./wait');

/** One connection to a stream of events, read as a browser reads it. */
class EventClient {
  events = [];
  lastEventId = '';
  retry;
  comments = 0;
  isEnded = false;
  #rest = '';
  #id = '';

  constructor(response, request) {
    this.response = response;
    this.request = request;
    response.setEncoding('utf8');
    response.on('data', (text) => this.#read(text));
    response.on('close', () => {
      this.isEnded = true;
    });
    response.on('error', () => {});
  }

  #read(text) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop();
    for (const block of blocks) this.#take(block.split('\n'));
  }

  #take(lines) {
    const data = [];
    let event = 'message';
    for (const line of lines) {
      const at = line.indexOf(':');
      const [field, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
      if (field === '') this.comments += 1;
      else if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
      else if (field === 'retry') this.retry = Number(value);
      else if (field === 'id') this.#id = value;
    }
    this.lastEventId = this.#id;
    if (data.length > 0) this.events.push({ event, data: data.join('\n'), id: this.lastEventId });
  }

  /** Waits for so many events, and answers them. */
  async take(count) {
    await until(() => this.events.length >= count, { what: `${count} events`, timeoutMs: 10_000 });
    return this.events.splice(0, count);
  }

  close() {
    this.request.destroy();
  }
}

/** Connects. Answers the response where it is no stream. */
async function connect(url, headers = {}) {
  const request = http.get(url, { headers, agent: false });
  const [response] = await once(request, 'response');
  request.on('error', () => {});
  return new EventClient(response, request);
}

module.exports = { connect };
