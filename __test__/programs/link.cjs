'use strict';

// Opens a Link and reports, when the process ends, what has become of it. Arguments: `port`, and `how`: `destroyed`
// (later, by a timer that keeps no process alive), `unref`, or `workers` (half of which end and half are terminated).
const fs = require('node:fs');
const { once } = require('node:events');
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const { Link } = require('../../js/ioredis/link.js');

const args = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const WORKERS = 8;

function report(value) {
  fs.writeSync(1, `@report ${JSON.stringify(value)}\n`);
}

function ping(link) {
  return new Promise((resolve, reject) => link.send('ping', [], 0, resolve, reject));
}

async function one() {
  const replies = [];
  let isClosed = false;
  const link = new Link({ host: '127.0.0.1', port: args.port }, { onClose: () => (isClosed = true) });
  process.on('exit', () => {
    report({ answer: { replies, closed: isClosed } });
  });
  replies.push(await ping(link));
  if (args.how === 'unref') link.unref();
  else setTimeout(() => link.destroy(), 200).unref();
}

async function inWorker() {
  const links = Array.from({ length: 20 }, () => new Link({ host: '127.0.0.1', port: args.port }, {}));
  await Promise.all(links.map(ping));
  if (args.ends) for (const link of links) link.end();
  while (!args.ends) await Promise.all(links.map(ping));
}

async function workers() {
  const counts = { ended: 0, terminated: 0 };
  const all = Array.from({ length: WORKERS }, async (_, i) => {
    const ends = i % 2 === 0;
    const worker = new Worker(__filename, { workerData: { port: args.port, ends } });
    const exit = once(worker, 'exit');
    if (!ends) {
      await once(worker, 'online');
      setTimeout(() => worker.terminate(), 100 + 20 * i);
    }
    const [code] = await exit;
    if (ends && code === 0) counts.ended++;
    if (!ends) counts.terminated++;
  });
  await Promise.all(all);
  report({ answer: counts });
}

if (!isMainThread) inWorker();
else if (args.how === 'workers') workers();
else one();
