import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Something a person has to mend: its message is one sentence that says what, and how. */
export class SetupError extends Error {}

export const say = (line) => process.stderr.write(`setup: ${line}\n`);

/** Whether a module is the program that was started, and not imported by another. */
export function isProgram(moduleUrl) {
  return Boolean(process.argv[1]) && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl);
}

/** Says a SetupError as the sentence it is, with no stack, and lets any other error through. */
export function exitWithSentence(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** npm as the program that runs this script, so that both are one version; else the one in PATH. */
export function npmCommand(args) {
  const { npm_execpath: npmScript } = process.env;
  return npmScript?.endsWith('npm-cli.js') ? [process.execPath, [npmScript, ...args]] : ['npm', args];
}

/** What a program prints, or null where it cannot be run or fails. */
export function output(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', ...options });
  return result.status === 0 ? result.stdout.trim() : null;
}

/** Runs a program whose messages belong on the terminal; all of them go to stderr. */
export function succeeds(command, args, options = {}) {
  const stdio = ['ignore', process.stderr, process.stderr];
  // npm is a batch file on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  return spawnSync(command, args, { stdio, shell, ...options }).status === 0;
}

const INTERRUPTS = ['SIGINT', 'SIGTERM'];
/** Functions that end the watched commands: a detached group does not receive the terminal's Ctrl-C. */
const watched = new Set();

function endWatched() {
  for (const end of watched) end();
  process.exit(130);
}

/**
 * Runs a program to its end, hands every piece of its output to `onOutput`, and ends its whole process
 * group when `timeoutMs` is over, after `onTimeout` has looked at it.
 *
 * @returns {Promise<{ status: number, timedOut: boolean }>}
 */
export function watch(command, args, { timeoutMs, onOutput, onTimeout = () => {}, ...options }) {
  const ownGroup = process.platform !== 'win32';
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: ownGroup, ...options });
  const end = (signal) => {
    try {
      process.kill(ownGroup ? -child.pid : child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };

  const endNow = () => end('SIGKILL');
  if (watched.size === 0) for (const signal of INTERRUPTS) process.once(signal, endWatched);
  watched.add(endNow);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onOutput);

  return new Promise((resolve) => {
    let timedOut = false;
    const timer = setTimeout(async () => {
      timedOut = true;
      try {
        await onTimeout(child.pid);
      } finally {
        endNow();
      }
    }, timeoutMs);
    const settle = (status) => {
      clearTimeout(timer);
      watched.delete(endNow);
      if (watched.size === 0) for (const signal of INTERRUPTS) process.off(signal, endWatched);
      resolve({ status, timedOut });
    };
    child.once('error', (error) => {
      onOutput(`${error.message}\n`);
      settle(127);
    });
    child.once('close', (status) => settle(status ?? 1));
  });
}
