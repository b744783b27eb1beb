// The page: what the server tells becomes elements, and forms become requests.

import { get, loadSession, post, Refusal } from './api.mjs';

const byId = (id) => document.getElementById(id);
const ORGANIZATIONS = new Map(
  [...byId('login').organization.options].map(({ value, text }) => [value, text]),
);
const MOST_SHOWN = 100;
const AGAIN_MS = 2000;
/** Stands before all notifications. */
const FIRST = '0-0';

/** The session of a user who is logged in; null before and after. */
let current = null;
/** The notifications of the organization as they come, and the id of the last one. */
let stream = null;
let lastId = FIRST;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The time of day, with the date if that is not today. */
function timeOf(iso) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  const textContent = isToday ? date.toLocaleTimeString() : date.toLocaleString();
  return element('time', { dateTime: iso, textContent });
}

const row = (...cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));

function say(message) {
  byId('notice').textContent = message;
  byId('notice').hidden = message === '';
}

function showConnection(state, text) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = text;
}

function show(session) {
  const before = current;
  current = session.userId === null ? null : session;
  byId('visitor').hidden = current !== null;
  byId('user').hidden = current === null;
  if (current === null) {
    closeStream();
    showConnection('none', 'Not logged in');
    return;
  }
  showSession(session);
  if (before?.ref === session.ref) return;
  lastId = FIRST;
  byId('notifications').replaceChildren();
  openStream(session);
}

function showSession(session) {
  const { ref, userId, organizationId, createdAt, authenticatedAt, seenAt, idleEndsAt, endsAt } = session;
  const facts = [
    ['User', userId],
    ['Ref', element('code', { textContent: ref })],
    ['Created', timeOf(createdAt)],
    ['Logged in', timeOf(authenticatedAt)],
    ['Last used', timeOf(seenAt)],
    ['Ends unused', timeOf(idleEndsAt)],
    ['Ends at the latest', timeOf(endsAt)],
  ];
  const cells = facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  byId('session').replaceChildren(...cells);
  byId('organization').textContent = ORGANIZATIONS.get(organizationId);
}

async function showSessions() {
  const { sessions } = await get('session/all');
  const rows = sessions.map(({ ref, createdAt, seenAt, isThis }) => {
    const end = element('button', { type: 'button', textContent: 'End', ariaLabel: `End session ${ref}` });
    end.addEventListener('click', () => attempt(() => post('session/end', { ref }), end));
    const name = element('code', { textContent: ref });
    return row(name, timeOf(createdAt), timeOf(seenAt), isThis ? 'this one' : end);
  });
  byId('sessions').tBodies[0].replaceChildren(...rows);
}

async function showMails() {
  const { mails } = await get('mails');
  const rows = mails.map(({ id, to, text, state, error }) => {
    const again = element('button', { type: 'button', textContent: 'Again', ariaLabel: `Try again ${to}` });
    again.addEventListener('click', () => attempt(() => post('mails/retry', { id }), again));
    return row(to, text, error ? `${state}: ${error}` : state, state === 'dead' ? again : '');
  });
  byId('mails').tBodies[0].replaceChildren(...rows);
}

function showNotification({ data, lastEventId }) {
  lastId = lastEventId;
  const { from, text, sentAt } = JSON.parse(data);
  const list = byId('notifications');
  list.prepend(element('li', {}, timeOf(sentAt), ' ', element('strong', { textContent: from }), ` ${text}`));
  if (list.children.length > MOST_SHOWN) list.lastElementChild.remove();
}

function openStream({ ref }) {
  closeStream();
  showConnection('opening', 'Connecting');
  // When the browser connects again by itself, it names the last notification that it has, and that counts.
  stream = new EventSource(`api/notifications?last_event_id=${lastId}`);
  stream.addEventListener('notification', showNotification);
  // Some messages may be missing: what is shown is read anew.
  for (const event of ['open', 'sessions', 'reset'])
    stream.addEventListener(event, () => attempt(showSessions));
  for (const event of ['open', 'mails', 'reset']) stream.addEventListener(event, () => attempt(showMails));
  stream.addEventListener('open', () => {
    showConnection('live', 'Live');
    say('');
  });
  stream.addEventListener('error', async ({ target }) => {
    showConnection('away', 'Connecting again');
    // The browser gives up where an answer is no stream, such as a 503 while Redis is away.
    const hasGivenUp = target.readyState === EventSource.CLOSED;
    await attempt(() => look(ref));
    if (hasGivenUp) setTimeout(() => target === stream && openStream(current), AGAIN_MS);
  });
}

function closeStream() {
  stream?.close();
  stream = null;
}

/** Looks whether a session is still there; another window or device may have ended it. */
async function look(ref) {
  const { session } = await loadSession();
  if (session.ref === current?.ref) return showSession(session);
  if (ref !== undefined && ref === current?.ref) say('Your session was ended elsewhere.');
  show(session);
}

/** Does what a person or an event asks for, and says why if it cannot be done. */
async function attempt(action, button) {
  try {
    if (button) button.disabled = true;
    await action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.violated) say(`Too many requests. ${refusedBy(error)}`);
    else if (error.code === 'E_SESSION') await attempt(() => look(current?.ref));
    else say(error.message);
    if (button && error.retryAfterSeconds) return countDown(button, error.retryAfterSeconds);
  }
  if (button) button.disabled = false;
}

function refusedBy({ violated, retryAfterSeconds }) {
  return `Limits reached: ${violated.join(', ')}. Try again in ${retryAfterSeconds} s.`;
}

function countDown(button, seconds) {
  const label = button.textContent;
  let left = seconds;
  const tick = () => {
    button.textContent = left > 0 ? `${label} (in ${left} s)` : label;
    button.disabled = left > 0;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}

function onSubmit(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    attempt(async () => {
      await action(fields);
      say('');
      form.reset();
    }, form.querySelector('button'));
  });
}

onSubmit(byId('login'), async (credentials) => {
  show((await post('session/login', credentials)).session);
  byId('send').elements.text.focus();
});
onSubmit(byId('send'), (notification) => post('notifications', notification));
onSubmit(byId('mail'), (mail) => post('mails', { ...mail, inSeconds: Number(mail.inSeconds) }));

for (const name of ['logout', 'logout-everywhere']) {
  byId(name).addEventListener('click', ({ target }) =>
    attempt(async () => {
      closeStream();
      await post(`session/${name}`);
      say('');
      show((await loadSession()).session);
      byId('login').elements.user.focus();
    }, target),
  );
}

addEventListener('limits', ({ detail: { limits, text } }) => {
  const rows = limits.map(({ name, left, limit, windowSeconds, moreInSeconds }) =>
    row(name, `${left} of ${limit}`, `${windowSeconds} s`, `${moreInSeconds} s`),
  );
  byId('limits').tBodies[0].replaceChildren(...rows);
  byId('headers').textContent = text;
});

// Another window of this browser may have logged in or out meanwhile.
addEventListener('focus', () => attempt(() => look()));
attempt(() => look());
