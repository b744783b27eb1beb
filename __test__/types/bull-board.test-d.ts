import { createBullBoard } from '@bull-board/api';
import type { IServerAdapter } from '@bull-board/api/dist/types.js';
import { type CurrentLimits, createQueue, type Queue } from '../../index.js';
import { QueueAdapter, type QueueAdapterOptions } from '../../js/entry/bull-board.js';

interface Mails {
  welcome: { data: { to: string }; result: undefined };
}
const mails: Queue<Mails> = createQueue<Mails>('mails');
const options: QueueAdapterOptions = {
  readOnlyMode: true,
  hideData: true,
  externalJobUrl: ({ id }) => ({ href: `/${id}` }),
};
const adapters = [new QueueAdapter(mails), new QueueAdapter(mails.org('org-1'), options)];
const onBoard = (serverAdapter: IServerAdapter) => createBullBoard({ queues: adapters, serverAdapter });
adapters[0]?.setFormatter('data', ({ to }: { to: string }) => to.length);

// @ts-expect-error: no queue.
new QueueAdapter({ name: 'mails' });
// @ts-expect-error: no such option.
new QueueAdapter(mails, { readOnly: true });

const limits: Promise<CurrentLimits> = mails.limits();
const held = limits.then(({ heldMs, rate }) => heldMs + (rate?.perMs ?? 0));
const isThere: Promise<boolean> = mails.update('id', { to: 'ada@mail.test' });
// @ts-expect-error: data of another type.
mails.update('id', { from: 'ada@mail.test' });
mails.releaseRate({ signal: AbortSignal.timeout(1000) });

export { held, isThere, onBoard };
