// Mails that are sent behind a page's back: a queue, its worker, and what a page asks of them. Nothing leaves this machine.

import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { createQueue, createWorker, UnrecoverableError } from 'orgcache';
import { RequestError, requireText } from './answers.mjs';
import { requireToken, requireUser } from './sessions.mjs';

const QUEUE = 'mails';
const MOST_SHOWN = 10;
const LONGEST_DELAY_SECONDS = 3600;
const STATES = ['active', 'ready', 'delayed', 'dead', 'completed'];
/** Times of a mail server that is not there: to look the address up, and to hand the mail over. */
const LOOKUP_MS = 150;
const HANDOVER_MS = 300;
/** Ends of jobs that pages are told. */
const EVENTS = ['started', 'completed', 'retrying', 'dead', 'released'];

/** Sends one mail, as far as a demo does. Addresses `@nowhere.test` have no mailbox. */
async function sendMail(job, { signal }) {
  const { to } = job.data;
  const domain = to.split('@')[1];
  await job.log(`looking up the mail server of ${domain}`);
  await delay(LOOKUP_MS, undefined, { signal });
  await job.progress(50);
  if (domain === 'nowhere.test') throw new UnrecoverableError('there is no such mailbox');
  await delay(HANDOVER_MS, undefined, { signal });
  await job.log('handed over');
  await job.progress(100);
  return { messageId: `<${job.id}@mail.test>` };
}

/**
 * @param {(organizationId: string) => void} onChange Called when a mail of an organization has begun or ended.
 * @param {boolean} sends Whether this process sends mails. A queue that nobody uses has nothing in Redis.
 */
export function openMails(onChange, sends) {
  const queue = createQueue(QUEUE, { attempts: 3, timeoutMs: 10_000 });
  const worker = createWorker(QUEUE, { mail: sendMail }, { concurrency: 4, autorun: sends });
  for (const event of EVENTS) worker.on(event, ({ orgId }) => onChange(orgId));
  return {
    queue,
    async close() {
      await worker.close({ timeoutMs: 2_000 });
      await queue.close();
    },
  };
}

/** What a page may know of a mail. */
function shown({ id, state, data, error, createdAt, dueAt }) {
  return {
    id,
    state,
    to: data.to,
    text: data.text,
    from: data.from,
    error: error?.message,
    createdAt,
    dueAt,
  };
}

/** The newest mails of an organization, whichever state they are in. */
async function newest(own) {
  const pages = await Promise.all(STATES.map((state) => own.list({ state })));
  const mails = pages.flatMap(({ jobs }) => jobs).sort((left, right) => right.createdAt - left.createdAt);
  return mails.slice(0, MOST_SHOWN).map(shown);
}

function requireAddress(body) {
  const to = requireText(body, 'to');
  if (/^[^@\s]+@[^@\s]+$/.test(to)) return to;
  throw new RequestError('The field to must be an address, such as ada@mail.test.');
}

function readDelay(body) {
  const seconds = body.inSeconds ?? 0;
  const isAllowed = Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_DELAY_SECONDS;
  if (isAllowed) return seconds * 1000;
  throw new RequestError(`The field inSeconds must be a whole number from 0 to ${LONGEST_DELAY_SECONDS}.`);
}

export function mailRoutes({ sessions, limits, mails, onChange }) {
  const routes = express.Router();
  routes.use(requireUser);
  // The organization comes from the session, never from the request. Mails of others are unknown to its queue.
  const ownOf = ({ session }) => mails.queue.org(session.organizationId);

  routes.get('/', async (request, response) => {
    response.json({ mails: await newest(ownOf(request)) });
  });

  const readMail = (request, _response, next) => {
    const { body, session } = request;
    const mail = { to: requireAddress(body), text: requireText(body, 'text'), from: session.userId };
    request.mail = { mail, delayMs: readDelay(body) };
    next();
  };

  routes.post('/', requireToken(sessions), readMail, limits.mails, async (request, response) => {
    const { mail, delayMs } = request.mail;
    const { id } = await ownOf(request).add('mail', mail, { delayMs });
    onChange(request.session.organizationId);
    response.status(201).json({ id });
  });

  routes.post('/retry', requireToken(sessions), async (request, response) => {
    const id = requireText(request.body, 'id');
    if ((await ownOf(request).retry(id)) === 0)
      throw RequestError.notFound('There is no such mail that failed.');
    onChange(request.session.organizationId);
    response.sendStatus(204);
  });

  return routes;
}
