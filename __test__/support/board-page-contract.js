'use strict';

// A person's way through a board of bull-board over a queue, in a real Chromium.

const fs = require('node:fs');
const path = require('node:path');
const { BOARD } = require('./board-app');
const { openProfile, startBrowser } = require('./browser');
const { PACKAGE_ROOT } = require('./package');
const { gate } = require('./queue-contract');
const { until, within } = require('./wait');

const SCREENSHOTS = path.join(PACKAGE_ROOT, 'target', 'screenshots');
const TEST_TIMEOUT_MS = 60_000;
/** The page asks a server of its own for letters. */
const FONTS = 'https://fonts.googleapis.com/**';

/**
 * `open()` answers the board's `url`, and an instance of the package on the same store. Pictures are kept under the name
 * `picture`.
 */
function boardPageContract(open, picture) {
  let browser;
  let url;
  let orgcache;
  let queue;
  let worker;
  let page;
  let errors;
  /** The complaints of the browser that a test expects. */
  let expected;
  let begun;

  beforeAll(async () => {
    browser = await startBrowser();
    ({ url, orgcache } = await open());
    queue = orgcache.createQueue('mails', { backoff: { type: 'fixed', delayMs: 0 } });
  }, TEST_TIMEOUT_MS);

  beforeEach(async () => {
    await queue.obliterate({ force: true });
    const opened = await openProfile(browser);
    await opened.profile.route(FONTS, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    errors = opened.errors;
    expected = null;
    page = await opened.profile.newPage();
  });

  afterEach(async () => {
    await page.close();
    await worker?.close({ timeoutMs: 0 });
    worker = undefined;
    expect(errors.filter((error) => !expected?.test(error))).toEqual([]);
  });

  function work() {
    begun = gate();
    const handlers = {
      async welcome(job) {
        await job.log(`looked up ${job.data.to}`);
        await job.log('sent');
        await job.progress(40);
        return { messageId: `m-${job.data.to}` };
      },
      fail() {
        throw new Error('no such mailbox');
      },
      hang(_job, { signal }) {
        begun.open();
        return new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    worker = orgcache.createWorker('mails', handlers, { pollMs: 50, graceMs: 100 });
  }

  const inState = (id, state) =>
    until(async () => (await queue.getJob(id))?.state === state, { what: `the job to be ${state}` });
  const isGone = (id) => until(async () => (await queue.getJob(id)) === null, { what: 'the job to be gone' });

  /** A job in each state, by the state's name on the page. */
  async function oneOfEach() {
    const add = async (type, data, options) => (await queue.add(type, data, { attempts: 1, ...options })).id;
    const completed = await add('welcome', { to: 'ada' });
    const failed = await add('fail', { to: 'bob' });
    work();
    await inState(completed, 'completed');
    await inState(failed, 'dead');
    const active = await add('hang', {});
    await within(5000, begun.promise, 'the handler to begin');
    worker.pause();
    const waiting = await add('welcome', { to: 'dan' });
    const delayed = await add('welcome', { to: 'cy' }, { delayMs: 600_000 });
    return { active, waiting, completed, failed, delayed };
  }

  const openQueue = (board = BOARD.whole) => page.goto(`${url}/queue/${encodeURIComponent(board)}`);
  const openJob = (id, status) => page.goto(`${url}/queue/mails/${id}?status=${status}`);
  const jobLink = (id) => page.getByRole('link', { name: id, exact: true });
  /** The buttons of a job have pictures only: from the left, as the page's order for its state says. */
  const jobButton = (position) => page.locator('[class*="jobActions"] button').nth(position);
  const confirm = () => page.getByRole('alertdialog').getByRole('button', { name: 'Confirm' }).click();
  const dialog = (name) => page.getByRole('dialog', { name });

  async function choose(name) {
    await page.locator('button[aria-haspopup=menu]').last().click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  }

  /**
   * The dialog that an entry of the menu opens. The page draws itself anew when it has news of the queue, and a menu that was open
   * then is closed.
   */
  async function openDialog(entry, name) {
    const opened = dialog(name);
    const isOpen = async () => {
      if (!(await opened.isVisible())) await choose(entry);
      return opened.waitFor({ timeout: 1000 }).then(
        () => true,
        () => false,
      );
    };
    await until(isOpen, { timeoutMs: 15_000, what: `the dialog ${name}` });
    return opened;
  }

  /** Writes over what an editor has. */
  async function write(editor, text) {
    await editor.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  }

  function keepPicture(name) {
    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    return page.screenshot({ path: path.join(SCREENSHOTS, `${picture}-${name}.png`), fullPage: true });
  }

  const inBrowser = (name, run) => test(name, run, TEST_TIMEOUT_MS);

  inBrowser('the queues are listed, and each state shows its jobs', async () => {
    const ids = await oneOfEach();
    await page.goto(url);
    for (const name of Object.values(BOARD))
      await page.getByRole('link', { name, exact: true }).first().waitFor();
    await keepPicture('queues');
    await openQueue();
    for (const id of Object.values(ids)) await jobLink(id).waitFor();
    await page.getByText('Mails to customers').waitFor();
    for (const [state, id] of Object.entries(ids)) {
      await page.getByRole('link', { name: `${state.toUpperCase()} 1`, exact: true }).click();
      await page.waitForURL(`**/queue/mails?status=${state}`);
      for (const other of Object.values(ids).filter((one) => one !== id)) {
        await jobLink(other).waitFor({ state: 'detached' });
      }
      await jobLink(id).waitFor();
    }
    await keepPicture('state');
  });

  inBrowser('a job shows its data, progress, log and result, and a dead one its error', async () => {
    const { completed, failed } = await oneOfEach();
    await openJob(completed, 'completed');
    await page.getByRole('treeitem', { name: 'to:"ada"' }).waitFor();
    await page.getByRole('treeitem', { name: 'messageId:"m-ada"' }).waitFor();
    await page.getByRole('img', { name: '40%' }).or(page.getByText('40%')).first().waitFor();
    await page.getByRole('tab', { name: 'Options' }).click();
    await page.getByRole('treeitem', { name: 'timeoutMs:30000' }).waitFor();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('looked up ada').waitFor();
    await page.getByText('sent', { exact: true }).waitFor();
    await keepPicture('job');
    await openJob(failed, 'failed');
    await page.getByText('no such mailbox').first().waitFor();
    await page
      .getByText(/board-page-contract\.js/)
      .first()
      .waitFor();
    await keepPicture('dead-job');
  });

  inBrowser('a dead job is tried again, a delayed one is promoted, and one is removed', async () => {
    const { failed, delayed, waiting } = await oneOfEach();
    await openJob(failed, 'failed');
    await jobButton(0).click();
    await confirm();
    await inState(failed, 'ready');
    await openJob(delayed, 'delayed');
    await jobButton(0).click();
    await confirm();
    await inState(delayed, 'ready');
    await openJob(waiting, 'waiting');
    // The page may ask once more for the job that it has removed.
    expected = /status of 404/;
    await jobButton(2).click();
    await confirm();
    await isGone(waiting);
  });

  inBrowser('data, priority and time of a job are edited', async () => {
    const { id } = await queue.add('welcome', { to: 'ada' }, { priority: -4 });
    await openJob(id, 'waiting');
    await page.getByText('priority 4').waitFor();
    await jobButton(0).click();
    await dialog('Change priority').getByRole('spinbutton').fill('2');
    await dialog('Change priority').getByRole('button', { name: 'Save' }).click();
    await page.getByText('priority 2').waitFor();
    await openJob(id, 'waiting');
    expect((await queue.getJob(id)).priority).toBe(-2);
    await jobButton(2).click();
    await write(dialog('Update job data').getByRole('textbox'), '{"to":"eve"}');
    await dialog('Update job data').getByRole('button', { name: 'Update' }).click();
    await page.getByRole('treeitem', { name: 'to:"eve"' }).waitFor();
    expect((await queue.getJob(id)).data).toEqual({ to: 'eve' });
  });

  inBrowser('a job is added', async () => {
    await openQueue();
    await openDialog('Add job', 'Add job');
    const [data, options] = [1, 2].map((position) => dialog('Add job').getByRole('textbox').nth(position));
    await dialog('Add job').getByLabel('Job name').fill('welcome');
    await write(data, '{"to":"zoe"}');
    await write(options, '{"delay":600000,"priority":3}');
    await keepPicture('add');
    await dialog('Add job').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('treeitem', { name: 'to:"zoe"' }).waitFor();
    const [job] = (await queue.list({ state: 'delayed' })).jobs;
    expect(job).toMatchObject({ type: 'welcome', data: { to: 'zoe' }, priority: -3 });
  });

  inBrowser('a queue is paused, limited, emptied, resumed and obliterated', async () => {
    await oneOfEach();
    await openQueue();
    await choose('Pause');
    await confirm();
    const mark = page.getByRole('link', { name: 'mails [ Paused ]', exact: true });
    await mark.waitFor();
    expect(await queue.isPaused()).toBe(true);
    await keepPicture('paused');

    const limit = await openDialog('Set concurrency', 'Global Concurrency');
    await limit.getByRole('spinbutton').fill('7');
    await limit.getByRole('button', { name: 'Save' }).click();
    await limit.waitFor({ state: 'detached' });
    const rate = await openDialog('Set rate limit', 'Rate limit');
    await rate.getByLabel('Max jobs').fill('9');
    await rate.getByLabel('Duration (ms)').fill('60000');
    await rate.getByRole('button', { name: 'Save' }).click();
    await rate.waitFor({ state: 'detached' });
    expect(await queue.limits()).toEqual({ concurrency: 7, rate: { max: 9, perMs: 60_000 }, heldMs: 0 });

    await choose('Empty');
    await confirm();
    await page.getByRole('link', { name: 'WAITING', exact: true }).waitFor();
    expect(await queue.counts()).toEqual({ ready: 0, delayed: 1, active: 1, completed: 1, dead: 1 });
    await choose('Resume');
    await confirm();
    await mark.waitFor({ state: 'detached' });
    await choose('Pause');
    await confirm();
    await mark.waitFor();
    await choose('Obliterate');
    await page.getByRole('checkbox', { name: 'Force obliterate' }).click();
    await confirm();
    await page.getByRole('link', { name: 'DELAYED', exact: true }).waitFor();
    expect(await queue.counts()).toEqual({ ready: 0, delayed: 0, active: 0, completed: 0, dead: 0 });
  });

  inBrowser('a board that only reads has no buttons, and data can be hidden', async () => {
    const { failed } = await oneOfEach();
    await page.goto(`${url}/queue/${BOARD.readOnly}/${failed}?status=failed`);
    await page.getByText('no such mailbox').first().waitFor();
    expect(await page.locator('[class*="jobActions"] button').count()).toBe(0);
    await page.goto(`${url}/queue/${BOARD.hidden}/${failed}?status=failed`);
    await jobLinkOrId(failed);
    await page.getByRole('tab', { name: 'Data' }).click();
    await page.getByText('(hidden)').first().waitFor();
    expect(await page.content()).not.toContain('bob');
    await keepPicture('hidden');
  });

  const jobLinkOrId = (id) => page.getByText(id).first().waitFor();

  inBrowser('a schedule is shown, run at once, and removed', async () => {
    await queue.schedule(
      'nightly',
      { cron: '30 2 * * *', tz: 'Europe/Berlin' },
      { type: 'welcome', data: {} },
    );
    await page.goto(`${url}/job-schedulers`);
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'mails', exact: true }) });
    await row.getByText('30 2 * * *').waitFor();
    await row.getByText('Europe/Berlin').waitFor();
    await keepPicture('schedules');
    await row.getByRole('button', { name: 'Run now' }).click();
    await confirm();
    await until(async () => (await queue.counts()).ready === 1, { what: 'its job' });
    await row.getByRole('button', { name: 'Remove scheduler' }).click();
    await confirm();
    await row.waitFor({ state: 'detached' });
    expect((await queue.schedules()).schedules).toEqual([]);
  });

  inBrowser('what a queue is made of is told: workers and defaults', async () => {
    work();
    const isKnown = async () => (await queue.workers()).some(({ name }) => name === worker.name);
    await until(isKnown, { what: 'the worker to be known' });
    await openQueue();
    await page.getByRole('button', { name: 'Queue info' }).click();
    await page.getByRole('button', { name: 'Default job options' }).click();
    await page.getByText('exponential').or(page.getByText('fixed')).first().waitFor();
    await page.getByRole('button', { name: 'Connected workers' }).click();
    await page.getByText(worker.name).first().waitFor();
    await keepPicture('info');
  });
}

module.exports = { TEST_TIMEOUT_MS, boardPageContract };
