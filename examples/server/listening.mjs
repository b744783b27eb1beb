// Opening and closing the HTTP side of a server: no request that has arrived goes unanswered.

import { createServer as createHttpServer } from 'node:http';

/** How long open requests may take once the server is asked to stop. */
const CLOSE_GRACE_MS = 5_000;

export function createListener(app) {
  const http = createHttpServer(app);
  const unanswered = new Set();

  // Node ends idle connections when a server closes, but not those that are kept alive after a
  // request which was under way: a busy client could hold the server open.
  const endConnectionWith = (response) => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };

  http.prependListener('request', (_request, response) => {
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    if (!http.listening) endConnectionWith(response);
  });

  /** Resolves to the URL; port 0 is any free one. */
  async function listen({ port = 0, host = '127.0.0.1' } = {}) {
    await new Promise((resolve, reject) => {
      http.once('error', reject);
      http.listen(port, host, () => {
        http.off('error', reject);
        resolve();
      });
    });
    const authority = host.includes(':') ? `[${host}]` : host;
    return `http://${authority}:${http.address().port}`;
  }

  /** Stops accepting, lets open requests finish, and cuts those that take too long. */
  async function close() {
    if (!http.listening) return;
    const cut = setTimeout(() => http.closeAllConnections(), CLOSE_GRACE_MS);
    await new Promise((resolve) => {
      http.close(resolve);
      for (const response of unanswered) endConnectionWith(response);
    });
    clearTimeout(cut);
  }

  return { listen, close };
}
