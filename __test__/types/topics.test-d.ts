import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createTopics,
  type PayloadOf,
  type Topic,
  type TopicMessage,
  type TopicSubscription,
  type Topics,
  type TopicsStats,
  topic,
} from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface Trade {
  price: number;
}

const topics = createTopics({
  topics: { 'trade.updated': topic<Trade>({ replay: 1000, retainSeconds: 60 }), system: topic<string>() },
  maxBytes: 1000,
});

export async function use(request: IncomingMessage, response: ServerResponse) {
  exactly<Topics<{ 'trade.updated': Topic<Trade>; system: Topic<string> }>>()(topics, true);
  exactly<{ id: string | null }>()(
    await topics.publish('system', 'down', { organizationId: 'o', userId: 7 }),
    true,
  );
  await topics.publish('trade.updated', { price: 1 }, { userId: 'u', id: 'x', journal: true });
  exactly<TopicSubscription<Trade>>()(topics.subscribe('trade.updated', { after: '0-0', maxBytes: 5 }), true);
  for await (const message of topics.subscribe('trade.updated')) {
    exactly<TopicMessage<Trade>>()(message, true);
    exactly<'trimmed' | 'unknown' | undefined>()(message.reset, true);
    exactly<Date>()(message.at, true);
  }
  exactly<TopicMessage<Trade>[]>()(await topics.history('trade.updated', { limit: 5 }), true);
  await topics.sse(request, response, { topics: ['system'], until: AbortSignal.timeout(5) });
  await topics.sse({ raw: request }, { raw: response }, { topics: ['system', 'trade.updated'] });
  exactly<TopicsStats<'trade.updated' | 'system'>>()(topics.stats(), true);
  exactly<number>()(topics.stats().topics.system.dropped, true);
  exactly<string>()('' as PayloadOf<Topic<string>>, true);
  // @ts-expect-error: a trade has a price
  await topics.publish('trade.updated', { cost: 1 });
  // @ts-expect-error: there is no such topic
  await topics.publish('trade', { price: 1 });
  // @ts-expect-error: there is no such topic
  await topics.sse(request, response, { topics: ['trade'] });
  // @ts-expect-error: a topic keeps a number of messages
  topic({ replay: 'all' });
  // @ts-expect-error: topics are needed
  createTopics({});
}
