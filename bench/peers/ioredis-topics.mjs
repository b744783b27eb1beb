/** What an application writes by hand over ioredis: one subscription, and all responses that stream it. */
const CHANNEL = 'bench';

export async function open({ url, settings }) {
  const { Redis } = await import(settings.packageName);
  const client = new Redis(url, { enableAutoPipelining: settings.autoPipelining });
  const subscriber = new Redis(url);
  for (const one of [client, subscriber]) one.on('error', () => {});
  const takers = new Set();
  const responses = new Set();
  subscriber.on('message', (_channel, text) => {
    if (takers.size > 0) {
      const payload = JSON.parse(text);
      for (const take of takers) take(payload);
    }
    const event = `event: ${CHANNEL}\ndata: ${text}\n\n`;
    for (const response of responses) response.write(event);
  });
  await subscriber.subscribe(CHANNEL);
  return {
    client: {
      publish: (payload) => client.publish(CHANNEL, JSON.stringify(payload)),
      async subscribe(take) {
        takers.add(take);
        return async () => takers.delete(take);
      },
      stream(_request, response) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        response.write('retry: 2000\n\n');
        responses.add(response);
        response.on('close', () => responses.delete(response));
      },
    },
    close: async () => {
      client.disconnect();
      subscriber.disconnect();
    },
  };
}
