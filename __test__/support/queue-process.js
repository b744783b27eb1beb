'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { onEnd } = require('./cleanup');

const PROGRAMS = path.join(__dirname, '..', 'programs');

/** A worker in a process of its own, made by a program of `programs/`; `reports` are those of its handlers. */
function queueProcess(program, url, args) {
  const { NODE_ENV, ORGCACHE_BINARY, PATH } = process.env;
  const binary = ORGCACHE_BINARY ? { ORGCACHE_BINARY } : {};
  const child = spawn(process.execPath, [path.join(PROGRAMS, program), JSON.stringify(args)], {
    env: { NODE_ENV, PATH, REDIS_URL: url, CACHE_LOG: 'off', ...binary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reports = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    reports.push(...lines.map((line) => JSON.parse(line.slice('@report '.length))));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onEnd(() => child.kill('SIGKILL'));
  return { reports, ended, kill: (signal = 'SIGKILL') => child.kill(signal) };
}

module.exports = { queueProcess };
