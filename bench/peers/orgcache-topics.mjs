/** The topics of the package under test. */
import { load } from './orgcache.mjs';

const NAME = 'bench';

export async function open({ url, settings }) {
  const { isEarlier: _, ...options } = settings;
  const { createTopics, shutdown, topic } = load(false).createInstance({ url, logLevel: 'off', ...options });
  const topics = createTopics({ topics: { [NAME]: topic() } });
  return {
    client: {
      publish: (payload) => topics.publish(NAME, payload),
      async subscribe(take) {
        const subscription = topics.subscribe(NAME);
        await subscription.ready();
        const reading = (async () => {
          for await (const { payload } of subscription) take(payload);
        })();
        return async () => {
          await subscription.return();
          await reading;
        };
      },
      /** Streams the topic to a response. */
      stream: (request, response) => topics.sse(request, response, { topics: [NAME] }),
    },
    close: async () => {
      await topics.close();
      await shutdown();
    },
  };
}
