'use strict';

// A process of the coherence test: the load of its threads, each with a client of its own. The first thread is the main
// one, the others are workers. `__test__/coherence/support/processes.js` tells it over IPC what to do: `{id, command,
// argument}`, answered with `{id, value}` or `{id, error}`. Its options are the first argument.
const { once } = require('node:events');
const { isMainThread, parentPort, workerData, Worker } = require('node:worker_threads');
const { memoryOf, rowsOf } = require('../coherence/support/log');
const { threadOf } = require('../coherence/support/thread');

/** As many operations as one thread can make in a round of some seconds. */
const LOG_CAPACITY = 2 ** 17;

/** Calls `commands` by the messages that come. */
function serve(commands, { onMessage, send }) {
  onMessage(async ({ id, command, argument }) => {
    try {
      send({ id, value: await commands[command](argument) });
    } catch (error) {
      send({ id, error: error.message });
    }
  });
}

/** A worker as an object with the commands of its thread. */
function startWorker(options) {
  const worker = new Worker(__filename, { workerData: options });
  const waiting = new Map();
  let nextId = 1;
  worker.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  worker.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The worker has ended.'));
  });
  const ask = (command) => (argument) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, command, argument });
    });
  const names = ['start', 'tune', 'settle', 'stop', 'block', 'close'];
  const commands = Object.fromEntries(names.map((name) => [name, ask(name)]));
  return { ...commands, terminate: () => worker.terminate(), online: once(worker, 'online') };
}

/** The threads of this process, as one. */
class Threads {
  #options;
  #threads = [];
  #memories = [];

  constructor(options) {
    this.#options = options;
  }

  async start(how) {
    await this.#open();
    this.#memories = this.#threads.map(() => memoryOf(LOG_CAPACITY));
    const start = (thread, index) => thread.start({ ...how, memory: this.#memories[index] });
    await Promise.all(this.#threads.map(start));
  }

  /** Workers that were terminated begin anew. */
  async #open() {
    for (const [index, options] of this.#options.threads.entries()) {
      this.#threads[index] ??= index === 0 ? threadOf(options) : startWorker(options);
    }
    await Promise.all(this.#threads.map(({ online }) => online));
  }

  tune(how) {
    return this.#each((thread) => thread.tune(how));
  }

  settle() {
    return this.#each((thread) => thread.settle());
  }

  /** What each thread has recorded. Of a terminated one nothing is known but that. */
  async stop() {
    const known = await Promise.all(this.#threads.map((thread) => thread?.stop()));
    return this.#memories.map((memory, index) => ({
      process: this.#options.process,
      client: this.#options.threads[index].thread,
      rows: rowsOf(memory),
      outages: [],
      rejected: {},
      ...known[index],
    }));
  }

  block({ thread, ms }) {
    return this.#threads[thread].block(ms);
  }

  async terminate() {
    const [index] = [...this.#threads.keys()].slice(-1);
    const thread = this.#threads[index];
    this.#threads[index] = undefined;
    await thread.terminate();
  }

  close() {
    return this.#each((thread) => thread.close());
  }

  #each(call) {
    return Promise.all(this.#threads.filter(Boolean).map(call));
  }
}

if (isMainThread) {
  serve(new Threads(JSON.parse(process.argv[2])), {
    onMessage: (listener) => process.on('message', listener),
    send: (message) => process.send(message),
  });
  // The process of the test is gone.
  process.on('disconnect', () => process.exit(0));
} else {
  serve(threadOf(workerData), {
    onMessage: (listener) => parentPort.on('message', listener),
    send: (message) => parentPort.postMessage(message),
  });
}
