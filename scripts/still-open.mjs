// What keeps a step of the tests from ending: its processes, and of those that Node runs the handles that are open.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const REPORT_SIGNAL = 'SIGUSR2';
/** A process writes its report as soon as its JavaScript thread is free. */
const REPORT_WITHIN_MS = 5_000;
const POLL_MS = 50;
const MAX_COMMAND_CHARACTERS = 160;
const MAX_STACK_LINES = 8;
/** Node's internals, whose frames say nothing of the program. */
const OWN_FRAMES = /node:internal|^at process\.|^at new Report/;

/** The environment in which every process of Node writes a report into `directory` when it is asked for one. */
export function reportingEnvironment(directory, env) {
  if (process.platform === 'win32') return env;
  const options = [
    '--report-on-signal',
    `--report-signal=${REPORT_SIGNAL}`,
    `--report-directory=${directory}`,
  ];
  return { ...env, NODE_OPTIONS: [env.NODE_OPTIONS, ...options].filter(Boolean).join(' ') };
}

/** Lines that say which processes still run below `pid`, itself among them, and what those of Node have open. */
export async function describeOpen(pid, directory) {
  if (process.platform === 'win32') return [`process ${pid} and what it has started`];
  const open = processesBelow(pid);
  const asked = open.filter(({ command }) => isNode(command)).filter(({ pid }) => ask(pid));
  const reports = await reportsOf(new Set(asked.map(({ pid }) => pid)), directory);
  return open.flatMap((one) => [
    `process ${one.pid}, for ${one.elapsed}: ${one.command.slice(0, MAX_COMMAND_CHARACTERS)}`,
    ...(asked.includes(one) ? describeReport(reports.get(one.pid)) : []).map((line) => `  ${line}`),
  ]);
}

function processesBelow(root) {
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,etime=,args='], { encoding: 'utf8' });
  const all = (listed.stdout ?? '').split('\n').flatMap((line) => {
    const [, pid, parent, elapsed, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), elapsed, command }];
  });
  const below = all.filter(({ pid }) => pid === root);
  for (const one of below) below.push(...all.filter(({ parent }) => parent === one.pid));
  return below;
}

function isNode(command) {
  return path.basename(command.split(' ', 1)[0]) === path.basename(process.execPath);
}

/** Whether the process is still there to be asked. */
function ask(pid) {
  try {
    return process.kill(pid, REPORT_SIGNAL);
  } catch {
    return false;
  }
}

/** The reports that were written in time, by process. */
async function reportsOf(pids, directory) {
  const reports = new Map();
  const deadline = performance.now() + REPORT_WITHIN_MS;
  while (reports.size < pids.size && performance.now() < deadline) {
    await sleep(POLL_MS);
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const report = name.startsWith('report.') && parsed(path.join(directory, name));
      if (report && pids.has(report.header.processId)) reports.set(report.header.processId, report);
    }
  }
  return reports;
}

/** Nothing while it is being written. */
function parsed(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A few lines on a report of Node's, see https://nodejs.org/api/report.html. */
export function describeReport(report) {
  if (report === undefined)
    return ['gives no report: its JavaScript thread is busy, or it had no handler for the signal'];
  const lines = [`open: ${handlesOf(report)}`];
  const { message = '', stack = [] } = report.javascriptStack ?? {};
  const frames = stack.map((frame) => frame.trim()).filter((frame) => frame && !OWN_FRAMES.test(frame));
  if (frames.length > 0) lines.push(`at work: ${message}`, ...frames.slice(0, MAX_STACK_LINES));
  for (const worker of report.workers ?? []) {
    lines.push(...describeReport(worker).map((line) => `worker ${worker.header?.threadId ?? ''} ${line}`));
  }
  return lines;
}

/** Handles that keep the process alive, by type. */
function handlesOf({ libuv = [] }) {
  const counts = new Map();
  for (const handle of libuv.filter((one) => one.is_active && one.is_referenced && one.type !== 'loop')) {
    const name = nameOf(handle);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const named = [...counts].map(([name, count]) => (count === 1 ? name : `${count} x ${name}`));
  return named.join(', ') || 'nothing that keeps it alive';
}

function nameOf({ type, remoteEndpoint, localEndpoint, repeat }) {
  // Node's own are not referenced.
  if (type === 'async') return 'threadsafe function';
  if (type === 'timer' && repeat > 0) return `timer every ${repeat} ms`;
  const { host, port } = remoteEndpoint ?? localEndpoint ?? {};
  return port === undefined ? type : `${type} ${host}:${port}`;
}
