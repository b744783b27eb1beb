// The servers and the folder of a run. They end with it, also when it is interrupted or killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DemoError } from './options.mjs';

const STOP_TIMEOUT_MS = 5_000;
const LOG_TAIL_CHARACTERS = 2_000;
const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url));

export class Owned {
  folder;
  #ends = [];
  #ending;
  #guard;

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'orgcache-query-cache-'));
    this.atEnd(() => rm(this.folder, { recursive: true, force: true }));
    const stdio = ['pipe', 'ignore', 'ignore'];
    this.#guard = spawn('/bin/sh', [GUARD, this.folder], { detached: true, stdio });
    this.#guard.on('error', () => {});
    this.#guard.stdin.on('error', () => {});
    this.#guard.unref();
    this.#guard.stdin.unref();
  }

  /** `end` is called when the run ends; what was added last ends first. */
  atEnd(end) {
    this.#ends.push(end);
  }

  get isEnding() {
    return this.#ending !== undefined;
  }

  /** Ends everything, once. Nothing starts afterwards. */
  end() {
    this.#ending ??= this.#endAll();
    return this.#ending;
  }

  async #endAll() {
    for (const end of this.#ends.reverse()) {
      await end().catch((error) => console.error(error));
    }
    // Only now: what it would end may be another's process by then.
    this.#guard.kill('SIGKILL');
  }

  /** A process of a group of its own, which a terminal's Ctrl-C does not reach: `end` stops it in its turn. */
  #spawn(program, args, { stopSignal = 'SIGTERM', input = '', ...options } = {}) {
    if (this.isEnding) throw new DemoError('The demo was interrupted.');
    const child = spawn(program, args, { ...options, detached: true, stdio: 'pipe' });
    const started = { child, output: '', exited: once(child, 'exit').catch(() => {}) };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece) => {
        started.output = (started.output + piece).slice(-LOG_TAIL_CHARACTERS);
      });
    }
    child.on('error', (error) => {
      started.output += error.message;
    });
    // A program that has ended already does not read its input.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    this.atEnd(() => stop(started, stopSignal));
    return started;
  }

  /** Starts a server. */
  start(program, args, options) {
    const started = this.#spawn(program, args, options);
    if (started.child.pid !== undefined) this.#guard.stdin.write(`${started.child.pid}\n`);
    return started;
  }

  /** Runs a program to its end, and answers whether it succeeded and what it said last. */
  async run(program, args, options) {
    const started = this.#spawn(program, args, options);
    await started.exited;
    return { succeeded: started.child.exitCode === 0, output: started.output };
  }
}

export function hasEnded({ child }) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function stop(started, signal) {
  if (hasEnded(started)) return;
  started.child.kill(signal);
  const isLate = sleep(STOP_TIMEOUT_MS, true, { ref: false });
  if (await Promise.race([started.exited, isLate]).then((late) => late === true)) {
    started.child.kill('SIGKILL');
    await started.exited;
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
