/**
 * The parent's end of a contender that lives in a process of its own.
 *
 * A process each keeps the figures apart: one contender's garbage, compiled code and threads are
 * not billed to another, and processor time and resident memory can be read for the whole process.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('./contender-process.mjs', import.meta.url));
const CLOSE_DEADLINE_MS = 10_000;
/** Far beyond any round: a contender that hangs must end the run with a sentence. */
const ANSWER_DEADLINE_MS = 180_000;

/** Settings from the caller's shell would make the contenders unequal. */
const FOREIGN_SETTINGS = /^(REDIS_|CACHE_|USE_REDIS$|ORGCACHE_PREFIX$|NODE_OPTIONS$|DEBUG$)/;

function measuredEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name));
  return { ...Object.fromEntries(own), NODE_ENV: 'production' };
}

export class ContenderHost {
  #child;
  #pending = new Map();
  #lastId = 0;

  constructor(contender) {
    this.contender = contender;
    this.#child = fork(PROCESS, [], {
      env: measuredEnvironment(),
      execArgv: [],
      serialization: 'advanced',
    });
    this.#child.on('message', ({ id, result, error }) => this.#settle(id, result, error));
    this.#child.once('exit', (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
      this.#failAll(new Error(`The process of ${contender.id} ${how}.`));
    });
    this.#child.once('error', (error) => this.#failAll(error));
  }

  get id() {
    return this.contender.id;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Opens the contender: `{ url, keyPrefix, useRedis, memoryMaxBytes? }`. */
  open(options) {
    const { module, settings } = this.contender;
    return this.ask('open', { module, settings, ...options });
  }

  /** Runs one of the operations of `contender-process.mjs` there and answers its result. */
  ask(operation, argument) {
    if (!this.#child.connected) {
      return Promise.reject(new Error(`The process of ${this.id} has ended.`));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = ANSWER_DEADLINE_MS / 1_000;
        this.#settle(id, undefined, { message: `'${operation}' took more than ${seconds} s` });
      }, ANSWER_DEADLINE_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#child.send({ id, operation, argument });
    });
  }

  /** Ends the process; rejects where the contender could not be closed in time or at all. */
  async close() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
    try {
      await this.ask('close');
    } finally {
      await exit;
      clearTimeout(timer);
    }
  }

  #settle(id, result, error) {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new Error(`${this.id}: ${error.message}`));
    else waiting.resolve(result);
  }

  #failAll(error) {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }
}

/** Opens the contenders, gives their hosts to `work`, and ends all of their processes after it. */
export async function withHosts(contenders, optionsOf, work) {
  const hosts = contenders.map((contender) => new ContenderHost(contender));
  const closeAll = () => Promise.allSettled(hosts.map((host) => host.close()));
  let result;
  try {
    for (const host of hosts) await host.open(optionsOf(host.contender));
    result = await work(hosts);
  } catch (error) {
    // What went wrong first is the reason; that closing then fails too is no news.
    await closeAll();
    throw error;
  }
  const failed = (await closeAll()).find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return result;
}
