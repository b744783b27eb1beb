'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { fork } = require('node:child_process');
const { onEnd } = require('../../support/cleanup');

const PROGRAM = path.join(__dirname, '..', '..', 'programs', 'coherence.cjs');

/** A process of the load (`programs/coherence.cjs`); each method resolves when all of its threads have done it. */
class LoadProcess {
  #child;
  #waiting = new Map();
  #nextId = 1;

  constructor(child) {
    this.#child = child;
    child.on('message', ({ id, value, error }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(`A process of the load: ${error}`));
    });
    child.on('exit', (code, signal) => {
      const reason = new Error(`A process of the load has ended (code ${code}, signal ${signal}).`);
      for (const { reject } of this.#waiting.values()) reject(reason);
      this.#waiting.clear();
    });
  }

  ask(command, argument) {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, argument });
    });
  }

  /** Nothing of the process runs until `resume`. */
  pause() {
    this.#child.kill('SIGSTOP');
  }

  resume() {
    this.#child.kill('SIGCONT');
  }

  async close() {
    await this.ask('close');
    await this.end();
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Starts a process; `options` are those of `programs/coherence.cjs`, `env` is added to the environment. */
function startLoadProcess(options, env = {}) {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    execArgv: [],
    env: { ...process.env, ...env },
    // Rows of numbers cross as they are.
    serialization: 'advanced',
  });
  const started = new LoadProcess(child);
  onEnd(() => started.end());
  return started;
}

module.exports = { startLoadProcess };
