'use strict';

// A board over one queue, as tests of the adapter use it. It takes its packages from the caller, so that a test can run it with
// other versions of them.

const http = require('node:http');
const { once } = require('node:events');
const { onEnd } = require('./cleanup');

const NAME = 'mails';
const OWN = 'org-1';

/** The names of the adapters of a board. `formatted` hides one field by a formatter of bull-board. */
const BOARD = {
  whole: NAME,
  own: `${NAME}:${OWN}`,
  hidden: `hidden-${NAME}`,
  formatted: `formatted-${NAME}`,
  readOnly: `read-only-${NAME}`,
};

/** A board as a function for `http.createServer`: adapters in the order of `BOARD`, and `others` behind them. */
function boardApp({ orgcache, QueueAdapter, createBullBoard, ExpressAdapter, others = [] }) {
  const queue = orgcache.createQueue(NAME, { backoff: { type: 'fixed', delayMs: 0 } });
  const adapters = [
    new QueueAdapter(queue, { description: 'Mails to customers' }),
    new QueueAdapter(queue.org(OWN)),
    new QueueAdapter(queue, { prefix: 'hidden-', hideData: true }),
    new QueueAdapter(queue, { prefix: 'formatted-' }),
    new QueueAdapter(queue, { prefix: 'read-only-', readOnlyMode: true }),
  ];
  adapters[3].setFormatter('data', ({ to: _, ...data }) => data);
  const serverAdapter = new ExpressAdapter().setBasePath('/');
  createBullBoard({ queues: [...adapters, ...others], serverAdapter, options: { validateResponses: true } });
  return { listener: serverAdapter.getRouter() };
}

/** The URL of a board that is served in this process until the test file ends. */
async function serveBoard(packages) {
  const server = http.createServer(boardApp(packages).listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  onEnd(() => server.closeAllConnections());
  return `http://127.0.0.1:${server.address().port}`;
}

module.exports = { BOARD, NAME, OWN, boardApp, serveBoard };
