'use strict';

// A person's way through the page of the example server, in a real Chromium, on each store.

const fs = require('node:fs');
const path = require('node:path');
const { openProfile, startBrowser } = require('./browser');
const { startGate } = require('./gate');
const { PACKAGE_ROOT } = require('./package');
const { until, within } = require('./wait');

const SCREENSHOTS = path.join(PACKAGE_ROOT, 'target', 'screenshots');
const TEST_TIMEOUT_MS = 45_000;

const ANN = { organization: 'Harbor Cars', user: 'ann', password: 'demo-ann-harbor' };
const BEN = { organization: 'Harbor Cars', user: 'ben', password: 'demo-ben-harbor' };
const OTHER_BEN = { organization: 'Valley Motors', user: 'ben', password: 'demo-ben-valley' };

const CLEO = { organization: 'Valley Motors', user: 'cleo', password: 'demo-cleo-valley' };

let browser;

beforeAll(async () => {
  browser = await startBrowser();
}, TEST_TIMEOUT_MS);

/** The elements of a window as a person finds them: by their roles and labels. */
function partsOf(page) {
  const table = (name) => page.getByRole('table', { name }).locator('tbody tr');
  return {
    page,
    loginForm: page.getByRole('heading', { name: 'Log in' }),
    connection: page.getByRole('status'),
    notice: page.getByRole('alert'),
    loginButton: page.getByRole('button', { name: /^Log in/ }),
    sendButton: page.getByRole('button', { name: /^Send/ }),
    notifications: page.getByRole('list', { name: 'Notifications' }).getByRole('listitem'),
    sessions: table('Newest first, as they begin and end'),
    limits: table('What the last counted answer said'),
    mails: table('Newest first, as a worker sends them'),
    queueButton: page.getByRole('button', { name: /^Queue/ }),
    headers: page.locator('#headers'),
    session: page.getByRole('region', { name: 'This session' }),
    press: (name) => page.getByRole('button', { name, exact: true }).click(),
  };
}

/** Waits until a window shows these texts; strings are whole, regular expressions match a part. */
async function shows(locator, expected) {
  const wanted = expected.map((one) => (one instanceof RegExp ? expect.stringMatching(one) : one));
  let last;
  const isThere = async () => {
    last = (await locator.allInnerTexts()).map((text) => text.trim());
    expect(last).toEqual(wanted);
    return true;
  };
  const what = `a window to show ${expected}`;
  await until(isThere, { timeoutMs: 10_000, what }).catch(() => expect(last).toEqual(wanted));
}

/** Texts of notifications, newest first. */
const sent = (...lines) => lines.map(([from, text]) => new RegExp(`\\s${from} ${text}$`));

async function openWindow(profile, url) {
  const page = await profile.newPage();
  const response = await page.goto(url);
  const csp = (await response.allHeaders())['content-security-policy'];
  expect(csp).toContain("default-src 'none'; script-src 'self';");
  expect(csp).not.toContain('unsafe');
  return partsOf(page);
}

/** A form is ready again when what it sent before was answered. */
const isReady = (button) =>
  until(() => button.isEnabled(), { timeoutMs: 10_000, what: 'the form to be ready' });

async function fillLogin({ page, loginButton }, { organization, user, password }) {
  await isReady(loginButton);
  await page.getByLabel('Organization').selectOption(organization);
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  const answer = page.waitForResponse('**/api/session/login');
  await page.getByLabel('Password').press('Enter');
  return (await answer).status();
}

async function logIn(window, who) {
  expect(await fillLogin(window, who)).toBe(200);
  await shows(window.connection, [/Live$/]);
}

/** A profile with a window in which somebody is logged in. */
async function openFor(who, url) {
  const opened = await openProfile(browser);
  const window = await openWindow(opened.profile, url);
  await logIn(window, who);
  return { ...opened, window };
}

/** Sends a notification, and answers the status of the response. */
async function send({ page, sendButton }, text) {
  await isReady(sendButton);
  await page.getByLabel('Text').fill(text);
  const answer = page.waitForResponse('**/api/notifications');
  await sendButton.click();
  return (await answer).status();
}

async function idCookie(profile) {
  const cookies = await profile.cookies();
  expect(cookies).toHaveLength(1);
  return cookies[0];
}

function keepPicture({ page }, name) {
  fs.mkdirSync(SCREENSHOTS, { recursive: true });
  return page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Resolves when the stream of a window has ended. */
function streamEnd({ page }) {
  const isStream = (request) => request.url().includes('/api/notifications?');
  return page.waitForEvent('requestfinished', { predicate: isStream });
}

/**
 * `url` and `shaky` are for browsers, the latter to the second instance, over a network that can be cut; `direct` is for the
 * test.
 */
async function waysTo(urls, cookie, certificate) {
  const gates = urls.map((url) => startGate(Number(new URL(url).port), certificate));
  const [gate, network] = await Promise.all(gates);
  const urlOf = ({ port }) => `${certificate ? 'https' : 'http'}://localhost:${port}`;
  return { url: urlOf(gate), shaky: urlOf(network), network, direct: urls[0], cookie };
}

function describePage(title, start) {
  describe(`the page of the example server on ${title}`, () => {
    let server;

    beforeAll(async () => {
      server = await start();
    }, TEST_TIMEOUT_MS);

    /** The server's answer to whoever has an id. */
    async function sessionOf(id) {
      const headers = { cookie: `${server.cookie.name}=${id}` };
      return (await fetch(`${server.direct}/api/session`, { headers })).json();
    }

    test(
      'a login gives the session a new id, which no page sees, and the old one opens nothing',
      async () => {
        const { profile, errors, answers } = await openProfile(browser);
        const window = await openWindow(profile, server.url);
        await window.loginForm.waitFor();
        const attributes = {
          ...server.cookie,
          path: '/',
          domain: new URL(server.url).hostname,
          httpOnly: true,
          sameSite: 'Lax',
          expires: -1,
        };
        const before = await idCookie(profile);
        expect(before).toMatchObject(attributes);
        const visit = await sessionOf(before.value);
        expect(visit.session.userId).toBeNull();
        expect((await sessionOf(before.value)).session.ref).toBe(visit.session.ref);

        await logIn(window, ANN);
        const after = await idCookie(profile);
        expect(after).toMatchObject(attributes);
        expect(after.value).not.toBe(before.value);
        const { session, csrfToken } = await sessionOf(after.value);
        expect(session).toMatchObject({ userId: 'ann', organizationId: 'harbor' });
        const stranger = (await sessionOf(before.value)).session;
        expect(stranger.userId).toBeNull();
        expect([visit.session.ref, session.ref]).not.toContain(stranger.ref);

        await shows(window.session.locator('code'), [session.ref]);
        await shows(window.sessions, [new RegExp(`^${session.ref}\\b.*this one$`)]);
        expect(await window.page.evaluate(() => document.cookie)).toBe('');
        const seen = [await window.page.content(), ...(await answers())].join('\n');
        expect(seen).toContain(session.ref);
        for (const { value } of [before, after]) expect(seen).not.toContain(value);

        const post = (headers) =>
          fetch(`${server.direct}/api/session/logout`, {
            method: 'POST',
            headers: { cookie: `${after.name}=${after.value}`, ...headers },
          });
        expect((await post({})).status).toBe(403);
        expect((await post({ 'x-csrf-token': visit.csrfToken })).status).toBe(403);
        expect((await post({ 'x-csrf-token': csrfToken })).status).toBe(204);
        await window.loginForm.waitFor();
        expect(errors).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      'a notification reaches all windows of its organization and no other, also one that was away',
      async () => {
        const ways = [openFor(ANN, server.url), openFor(BEN, server.shaky), openFor(OTHER_BEN, server.url)];
        const [ann, ben, other] = await Promise.all(ways);
        const second = await openWindow(ann.profile, server.url);
        await shows(second.connection, [/Live$/]);

        expect(await send(ann.window, 'High tide at six')).toBe(201);
        const first = sent(['ann', 'High tide at six']);
        for (const window of [ann.window, second, ben.window]) await shows(window.notifications, first);
        expect(await send(other.window, 'Only for the valley')).toBe(201);
        await shows(other.window.notifications, sent(['ben', 'Only for the valley']));

        server.network.cut();
        await shows(ben.window.connection, ['Connecting again']);
        expect(await send(ann.window, 'Said meanwhile')).toBe(201);
        const both = [...sent(['ann', 'Said meanwhile']), ...first];
        for (const window of [ann.window, second]) await shows(window.notifications, both);
        await shows(ben.window.notifications, first);
        server.network.open();
        await shows(ben.window.connection, [/Live$/]);
        await shows(ben.window.notifications, both);

        // Kept messages come into a new window as well; those of another organization came to nobody.
        const late = await openWindow(ben.profile, server.url);
        await shows(late.notifications, both);
        await shows(other.window.notifications, sent(['ben', 'Only for the valley']));

        const unexpected = ben.errors.filter((text) => !/^Failed to load resource: net::ERR_/.test(text));
        expect([...ann.errors, ...unexpected, ...other.errors]).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      'a session that is ended in another browser, and at another instance, ends its stream at once',
      async () => {
        const ways = [server.url, server.shaky];
        const [here, there] = await Promise.all(ways.map((way) => openFor(ANN, way)));
        const refOf = async ({ profile }) => (await sessionOf((await idCookie(profile)).value)).session.ref;
        const bothList = async () => {
          for (const ref of await Promise.all([here, there].map(refOf))) {
            for (const { window } of [here, there]) await window.sessions.filter({ hasText: ref }).waitFor();
          }
        };
        await bothList();
        const id = (await idCookie(here.profile)).value;
        const ref = await refOf(here);

        const ended = streamEnd(here.window);
        await there.window.press(`End session ${ref}`);
        await within(5_000, ended, 'the stream of the session that was ended');
        await here.window.loginForm.waitFor();
        await shows(here.window.notice, ['Your session was ended elsewhere.']);
        expect((await sessionOf(id)).session.userId).toBeNull();
        await there.window.sessions.filter({ hasText: ref }).waitFor({ state: 'detached' });

        await logIn(here.window, ANN);
        await bothList();
        const endedToo = streamEnd(here.window);
        await there.window.press('Log out everywhere');
        await within(5_000, endedToo, 'the stream of the session that was revoked');
        for (const { window } of [here, there]) await window.loginForm.waitFor();
        // A page may ask for the list when its session has just ended.
        const unexpected = here.errors.filter((text) => !text.includes('responded with a status of 401'));
        expect([...unexpected, ...there.errors]).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );
  });
}

/** Queues a mail, and answers the status of the response. */
async function queueMail({ page, queueButton }, to, text, when = 'Now') {
  await isReady(queueButton);
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(to);
  await page.getByRole('textbox', { name: 'Subject' }).fill(text);
  await page.getByLabel('When').selectOption(when);
  const answer = page.waitForResponse(
    (response) => response.url().endsWith('/api/mails') && response.request().method() === 'POST',
  );
  await queueButton.click();
  return (await answer).status();
}

/** The board of a queue asks another server for letters, which its Content-Security-Policy refuses. */
const isForeignFont = (text) => text.includes('fonts.googleapis.com');

function describeMails(title, start, picture) {
  describe(`the mails of the example server on ${title}`, () => {
    let server;

    beforeAll(async () => {
      server = await start();
    }, TEST_TIMEOUT_MS);

    const mail = (to, subject, state) => new RegExp(`^${to}\\s+${subject}\\s+${state}`);

    test(
      'a mail is sent behind the page, and all windows of the organization see how far it is',
      async () => {
        const ways = [openFor(ANN, server.url), openFor(BEN, server.shaky), openFor(OTHER_BEN, server.url)];
        const [ann, ben, other] = await Promise.all(ways);
        expect(await queueMail(ann.window, 'ada@mail.test', 'Hello')).toBe(201);
        const sentOne = mail('ada@mail.test', 'Hello', 'completed');
        for (const { window } of [ann, ben]) await shows(window.mails, [sentOne]);
        expect(await queueMail(ben.window, 'eve@nowhere.test', 'Lost')).toBe(201);
        const failedOne = mail('eve@nowhere.test', 'Lost', 'dead: there is no such mailbox');
        for (const { window } of [ann, ben]) await shows(window.mails, [failedOne, sentOne]);
        await shows(other.window.mails, []);

        const again = ann.window.page.waitForResponse('**/api/mails/retry');
        await ann.window.press('Try again eve@nowhere.test');
        expect((await again).status()).toBe(204);
        for (const { window } of [ann, ben]) await shows(window.mails, [failedOne, sentOne]);
        expect([...ann.errors, ...ben.errors, ...other.errors]).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      'the board is behind the login, shows the jobs of the organization alone, and changes them',
      async () => {
        const stranger = await openProfile(browser);
        const outside = await stranger.profile.newPage();
        await outside.goto(`${server.url}/board/`);
        await outside.getByRole('heading', { name: 'Log in' }).waitFor();

        const cleo = await openFor(CLEO, server.url);
        expect(await queueMail(cleo.window, 'bob@mail.test', 'Later', 'In an hour')).toBe(201);
        await shows(cleo.window.mails, [mail('bob@mail.test', 'Later', 'delayed')]);
        const opening = cleo.profile.waitForEvent('page');
        await cleo.window.page.getByRole('link', { name: 'The board of the queue' }).click();
        const board = await opening;
        await board.getByRole('link', { name: 'Mails of valley' }).first().waitFor();
        await board.goto(`${server.url}/board/queue/${encodeURIComponent('mails:valley')}?status=delayed`);
        await board.getByRole('treeitem', { name: 'to:"bob@mail.test"' }).waitFor();
        await keepPicture({ page: board }, picture);
        await board.getByRole('button', { name: 'Promote all' }).click();
        await board.getByRole('alertdialog').getByRole('button', { name: 'Confirm' }).click();
        await shows(cleo.window.mails, [mail('bob@mail.test', 'Later', 'completed')]);
        await board.getByRole('link', { name: 'COMPLETED 1', exact: true }).click();
        await board.getByRole('treeitem', { name: 'to:"bob@mail.test"' }).waitFor();

        const ann = await openFor(ANN, server.url);
        const cookie = async (profile) => {
          const { name, value } = await idCookie(profile);
          return `${name}=${value}`;
        };
        const namesOf = async ({ profile }) => {
          const headers = { cookie: await cookie(profile) };
          const { queues } = await (await fetch(`${server.direct}/board/api/queues`, { headers })).json();
          return queues.map(({ name }) => name);
        };
        expect([await namesOf(cleo), await namesOf(ann)]).toEqual([['mails:valley'], ['mails:harbor']]);
        const pause = (headers) =>
          fetch(`${server.direct}/board/api/queues/mails%3Avalley/pause`, { method: 'PUT', headers });
        const foreign = { cookie: await cookie(cleo.profile), 'sec-fetch-site': 'cross-site' };
        expect((await pause(foreign)).status).toBe(403);
        expect((await pause({ ...foreign, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
        expect(
          (await pause({ cookie: await cookie(ann.profile), 'sec-fetch-site': 'same-origin' })).status,
        ).toBe(404);
        expect((await pause({})).status).toBe(401);
        const errors = [cleo, ann, stranger].flatMap((opened) => opened.errors);
        expect(errors.filter((text) => !isForeignFont(text))).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );
  });
}

function describeLimits(title, start, picture) {
  describe(`the limits of the example server on ${title}`, () => {
    /** Tries until the limit refuses. How often it did not, and what the window says then. */
    async function untilRefused(window, attempt, policy) {
      let passed = 0;
      for (let status = await attempt(); status !== 429; status = await attempt()) passed++;
      await shows(window.notice, [
        new RegExp(`^Too many requests. Limits reached: ${policy}. Try again in \\d+ s.$`),
      ]);
      const said = await window.headers.innerText();
      return { passed, said, seconds: Number(/^Retry-After: (\d+)$/m.exec(said)?.[1]) };
    }

    test(
      'refuse a user, an organization, an account and an address, and the page says for how long',
      async () => {
        const { url } = await start();
        const ann = await openFor(ANN, url);
        const user = await untilRefused(ann.window, () => send(ann.window, 'Hello'), 'user');
        await shows(ann.window.sendButton, [/^Send \(in [123] s\)$/]);
        expect(await ann.window.sendButton.isDisabled()).toBe(true);
        expect(user.passed).toBeGreaterThanOrEqual(5);
        expect(user.said).toMatch(/^Status: 429$/m);
        expect(user.said).toMatch(
          /^RateLimit-Policy: "user";q=20;w=60, "organization";q=10;w=60, "address";q=20;w=60$/m,
        );
        expect(user.seconds).toBeGreaterThanOrEqual(1);
        expect(user.seconds).toBeLessThanOrEqual(3);
        await shows(ann.window.limits, [/^user\s+0 of 20\s+60 s\s+[123] s$/, /^organization/, /^address/]);
        await keepPicture(ann.window, picture);

        // After that time the next one passes.
        expect(await send(ann.window, 'Hello again')).toBe(201);

        const ben = await openFor(BEN, url);
        const organization = await untilRefused(ben.window, () => send(ben.window, 'Me too'), 'organization');
        expect(user.passed + 1 + organization.passed).toBe(10);
        expect(organization.seconds).toBeGreaterThan(3);

        const stranger = await openProfile(browser);
        const window = await openWindow(stranger.profile, url);
        const guess = (who) => () => fillLogin(window, { ...who, password: 'a guess' });
        const account = await untilRefused(window, guess(OTHER_BEN), 'logins');
        expect(account.passed).toBe(5);
        // The form waits for the account; a page that is loaded anew does not.
        await window.page.reload();
        const address = await untilRefused(window, guess({ ...OTHER_BEN, user: 'cleo' }), 'address');
        expect(2 + 10 + account.passed + address.passed).toBe(20);

        const statuses = /the server responded with a status of (401|429)/;
        const errors = [ann, ben, stranger].flatMap((opened) => opened.errors);
        expect(errors.filter((text) => !statuses.test(text))).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );
  });
}

module.exports = {
  ANN,
  TEST_TIMEOUT_MS,
  describeLimits,
  describeMails,
  describePage,
  openFor,
  send,
  sent,
  shows,
  waysTo,
};
