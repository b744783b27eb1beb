// A small HTTP client for the demo: keeps its connections, takes the time of every request, and
// never has more of them under way than it has connections.

import { Agent, request as httpRequest } from 'node:http';
import { text as readText } from 'node:stream/consumers';

const CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 10_000;

function send(url, { method, payload, agent }) {
  return new Promise((resolve, reject) => {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const request = httpRequest(url, { method, agent, headers, signal: timeout }, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode, text }), reject);
    });
    request.on('error', reject);
    request.end(payload);
  });
}

export function conversationPath({ organizationId, phoneNumber }) {
  const organization = encodeURIComponent(organizationId);
  return `/api/organizations/${organization}/conversations/${encodeURIComponent(phoneNumber)}`;
}

export function createClient(baseUrl) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  /** Status 0 stands for a request that got no answer at all. */
  async function call(method, path, body) {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const startedAt = performance.now();
    try {
      const { status, text } = await send(baseUrl + path, { method, payload, agent });
      return { status, body: JSON.parse(text), milliseconds: performance.now() - startedAt };
    } catch {
      return { status: 0, body: null, milliseconds: performance.now() - startedAt };
    }
  }

  /** Calls `visit` for every item, for as many at a time as there are connections. */
  async function forEach(items, visit) {
    const iterator = items[Symbol.iterator]();
    const worker = async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await visit(next.value);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  }

  return { call, forEach, connections: CONNECTIONS, close: () => agent.destroy() };
}
