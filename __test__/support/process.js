'use strict';

const path = require('node:path');
const { spawn } = require('node:child_process');
const { PACKAGE_ROOT } = require('./package');

const DEFAULT_TIMEOUT_MS = 20_000;
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LD_LIBRARY_PATH',
  'ORGCACHE_BINARY',
  'SystemRoot',
  'TEMP',
];
const MARK = '@report ';

function environment(extra) {
  const env = {};
  for (const name of INHERITED) if (process.env[name] !== undefined) env[name] = process.env[name];
  return { ...env, ...extra };
}

function tail(text) {
  return text.slice(-2000);
}

function reportsAsTheyCome(onReport) {
  if (!onReport) return () => {};
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith(MARK)) onReport(JSON.parse(line.slice(MARK.length)));
  };
}

/**
 * Runs node with `nodeArgs` and answers `{ code, signal, stdout, stderr, reports, report, ms,
 * exitDelayMs }`: `reports` are the lines that the program reported, `report` the last of them,
 * `exitDelayMs` the time from it to the end. A program that outlives `timeoutMs` is killed and
 * the call rejects; so does an exit code other than 0 unless `mayFail`. `onReport` is called with each
 * report as it comes.
 */
function runNode(nodeArgs, { env = {}, timeoutMs = DEFAULT_TIMEOUT_MS, mayFail = false, onReport } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, nodeArgs, {
      cwd: PACKAGE_ROOT,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let reportedAt = started;
    const told = reportsAsTheyCome(onReport);
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      if (chunk.includes(MARK)) reportedAt = performance.now();
      told(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ended = performance.now();
      const lines = stdout.split('\n').filter((line) => line.startsWith(MARK));
      const reports = lines.map((line) => JSON.parse(line.slice(MARK.length)));
      const said = `stdout: ${tail(stdout)}\nstderr: ${tail(stderr)}`;
      if (late) return reject(new Error(`The program had not ended after ${timeoutMs} ms.\n${said}`));
      if (code !== 0 && !mayFail) {
        return reject(new Error(`The program ended with code ${code}, signal ${signal}.\n${said}`));
      }
      resolve({
        code,
        signal,
        stdout,
        stderr,
        reports,
        report: reports.at(-1),
        ms: ended - started,
        exitDelayMs: ended - reportedAt,
      });
    });
  });
}

/**
 * Runs `body` in a process of its own, for what can be said only once a process: its
 * environment, its first import, its end. `body` is sent as source, so it sees nothing but its
 * argument `{ load, report, args, rejection }`: `load()` requires the package, `report(value)` hands a JSON
 * value back, `rejection(promise)` is what it rejected with as plain data, or null.
 */
function inFreshProcess(body, { args = {}, ...options } = {}) {
  const source = `
    'use strict';
    const load = () => require(${JSON.stringify(PACKAGE_ROOT)});
    const report = (value) => process.stdout.write(${JSON.stringify(MARK)} + JSON.stringify(value) + '\\n');
    const rejection = (promise) => Promise.resolve(promise).then(() => null, ({ name, code, message, redisCode, retryable }) =>
      ({ name, code, message, redisCode, retryable }));
    (${body.toString()})({ load, report, rejection, args: ${JSON.stringify(args)} });
  `;
  return runNode(['-e', source], options);
}

/** Runs a file of `__test__/programs/`; it reports by printing `@report ` and JSON. */
function runProgram(name, { args = {}, ...options } = {}) {
  const file = path.join(__dirname, '..', 'programs', name);
  return runNode([file, JSON.stringify(args)], options);
}

module.exports = { runNode, inFreshProcess, runProgram };
