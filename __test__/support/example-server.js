'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { onEnd } = require('./cleanup');
const { PACKAGE_ROOT } = require('./package');
const { until, within } = require('./wait');

const FOLDER = path.join(PACKAGE_ROOT, 'examples', 'server');
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * A program that serves until it is stopped, in a process of its own, because a cache is configured once
 * per process. `says` finds the URL in its output.
 */
async function startServing(script, { args = [], env = {}, says }) {
  const child = spawn(process.execPath, [path.join(FOLDER, script), ...args], {
    cwd: PACKAGE_ROOT,
    env: { PATH: process.env.PATH, CACHE_LOG: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    try {
      const { value } = await within(STOP_TIMEOUT_MS, exited, `${script} told to stop`);
      return value[0];
    } finally {
      child.kill('SIGKILL');
    }
  };
  onEnd(() => child.exitCode ?? stop());
  const url = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${script} ended and printed: ${output}`);
      return output.match(says)?.[1];
    },
    { timeoutMs: START_TIMEOUT_MS, what: `the URL of ${script}` },
  );
  return { url, stop, output: () => output };
}

function startExample(env) {
  return startServing('start.mjs', { env: { PORT: '0', ...env }, says: /^listening on (\S+)$/m });
}

module.exports = { FOLDER, START_TIMEOUT_MS, startExample, startServing };
