'use strict';

const { AT_ONCE, gate, queueHouse } = require('./queue-contract');
const { rejection, within } = require('./wait');

/** Reads events until `isLast` says so, or for as long as a test may take. */
async function read(events, isLast) {
  const seen = [];
  const all = (async () => {
    for (;;) {
      const { done, value } = await events.next();
      if (done) return seen;
      seen.push(value);
      if (isLast(value, seen)) return seen;
    }
  })();
  return (await within(10_000, all, `the last event behind ${seen.length}`)).value;
}

/** As many events as are asked for. */
const some = (events, count) => read(events, (_event, seen) => seen.length === count);
const names = (events) => events.map(({ event }) => event);

/**
 * The promises of events, whatever the store. `open()` answers an instance of the package, `beside()` another one on the same store, or
 * the same one where there can be no other.
 */
function queueEventsContract(open, beside = undefined) {
  let orgcache;
  let other;
  let house;

  beforeAll(async () => {
    orgcache = await open();
    other = beside === undefined ? orgcache : await beside();
    house = queueHouse(() => orgcache);
  });

  afterEach(() => house.close());

  test('a reader in any process hears what happens to a job, in order', async () => {
    const queue = house.queue({ attempts: 2, ...AT_ONCE });
    const heard = other.createQueue(queue.name);
    const events = heard.events();
    await events.ready();
    const before = Date.now();
    house.worker(queue, {
      async work(job) {
        await job.progress(50);
        if (job.attempt === 1) throw new Error('again');
      },
    });
    const { id } = await queue.add('work', { secret: 1 }, { orgId: 'org/1' });
    const seen = await read(events, ({ event }) => event === 'completed');
    await heard.close();
    expect(names(seen)).toEqual([
      'added',
      'started',
      'progress',
      'retrying',
      'started',
      'progress',
      'completed',
    ]);
    for (const event of seen) expect(event).toMatchObject({ jobId: id, type: 'work', orgId: 'org/1' });
    expect(seen[0]).toEqual({
      ...{ id: expect.stringMatching(/^\d+-1$/), event: 'added', jobId: id, type: 'work', orgId: 'org/1' },
      at: expect.any(Date),
    });
    expect(Math.abs(seen[0].at - before)).toBeLessThan(5000);
    expect(seen[3]).toMatchObject({ attempt: 1, delayMs: 0, fence: seen[1].fence, worker: seen[1].worker });
    expect(seen[6]).toMatchObject({ attempt: 2, startedAt: expect.any(Date), worker: expect.any(String) });
    expect(seen[6].fence).toBeGreaterThan(seen[3].fence);
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(new Set(seen.map((event) => event.id)).size).toBe(seen.length);
  });

  test('what operators do is heard too', async () => {
    const queue = house.queue();
    const events = queue.events();
    await events.ready();
    const [one, two, three] = await queue.addMany(
      ['one', 'two', 'three'].map((type) => ({ type, data: 1, delayMs: 60_000 })),
    );
    await queue.reschedule(one.id, { delayMs: 90_000 });
    await queue.cancel(one.id);
    await queue.remove(two.id);
    await queue.pause();
    await queue.resume({ orgId: 'org-1' });
    await queue.pause({ orgId: 'org-1' });
    await queue.resume({ orgId: 'org-1' });
    await queue.drain({ delayed: true });
    await queue.obliterate();
    const seen = await read(events, ({ event }) => event === 'obliterated');
    const told = seen.map(({ event, jobId, delayMs, scope, orgId }) => [
      event,
      jobId ?? scope,
      delayMs ?? orgId,
    ]);
    expect(told).toEqual([
      ['added', one.id, 60_000],
      ['added', two.id, 60_000],
      ['added', three.id, 60_000],
      ['rescheduled', one.id, 90_000],
      ['cancelled', one.id, null],
      ['removed', two.id, null],
      ['paused', 'queue', null],
      ['resumed', 'organization', 'org-1'],
      ['paused', 'organization', 'org-1'],
      ['resumed', 'organization', 'org-1'],
      ['removed', three.id, null],
      ['obliterated', 'queue', null],
    ]);
  });

  test('a job that is cancelled while it runs, dead and tried again', async () => {
    const queue = house.queue({ attempts: 1 });
    const events = queue.events();
    await events.ready();
    const begun = gate();
    const worker = house.worker(queue, {
      work: (_job, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
          begun.open();
        }),
    });
    const { id } = await queue.add('work', 1);
    await begun.promise;
    expect(await queue.cancel(id)).toBe('signalled');
    const seen = await read(events, ({ event }) => event === 'dead');
    expect(names(seen)).toEqual(['added', 'started', 'cancelled', 'dead']);
    expect(seen[2]).toMatchObject({ jobId: id, worker: worker.name, fence: seen[1].fence });
    worker.pause();
    await queue.retry(id);
    expect(names(await some(events, 1))).toEqual(['retried']);
  });

  test('a bound queue hears of its own organization alone', async () => {
    const queue = house.queue();
    const [all, own, nobody] = [queue.events(), queue.org('org-1').events(), queue.org(null).events()];
    await Promise.all([all.ready(), own.ready(), nobody.ready()]);
    await queue.add('job', 1, { orgId: 'org-2' });
    await queue.add('job', 1);
    await queue.pause();
    await queue.add('job', 1, { orgId: 'org-1' });
    await queue.resume({ orgId: null });
    expect((await some(all, 5)).map(({ orgId }) => orgId)).toEqual(['org-2', null, null, 'org-1', null]);
    expect((await some(own, 1))[0]).toMatchObject({ event: 'added', orgId: 'org-1' });
    expect(names(await some(nobody, 2))).toEqual(['added', 'resumed']);
    await queue.add('job', 1, { orgId: 'org-2' });
    await queue.add('job', 2, { orgId: 'org-1' });
    expect((await some(own, 1))[0].orgId).toBe('org-1');
  });

  test('a reader goes on behind the event that it names, without a gap', async () => {
    const queue = house.queue();
    const first = queue.events();
    await first.ready();
    for (let number = 0; number < 4; number++) await queue.add(`job-${number}`, number);
    const seen = await some(first, 4);
    await first.return();
    const again = await some(queue.events({ from: seen[1].id }), 2);
    expect(again).toEqual(seen.slice(2));
    const next = queue.events({ from: seen[3].id });
    await queue.add('job-4', 4);
    expect((await some(next, 1))[0]).toMatchObject({ event: 'added', type: 'job-4' });
  });

  test('a reader that names an event of which nothing is known is told of the gap', async () => {
    const queue = house.queue();
    const events = queue.events({ from: '1000-7' });
    await events.ready();
    await queue.add('job', 1);
    const seen = await some(events, 2);
    expect(names(seen)).toEqual(['gap', 'added']);
    expect(seen[0].at).toBeInstanceOf(Date);
    const after = await some(queue.events({ from: seen[0].id }), 1);
    expect(after).toEqual([seen[1]]);
  });

  test('an organization that is erased leaves no event behind', async () => {
    const queue = house.queue();
    const first = queue.events();
    await first.ready();
    await queue.add('job', 1, { orgId: 'erased/org' });
    await queue.add('job', 2, { orgId: 'other' });
    await queue.eraseOrganization('erased/org');
    const [before] = await some(first, 1);
    const [epoch] = before.id.split('-');
    const seen = await some(queue.events({ from: `${epoch}-0` }), 2);
    expect(seen.map(({ event, orgId }) => [event, orgId])).toEqual([
      ['gap', undefined],
      ['added', 'other'],
    ]);
  });

  test('more events than a page are told, each once', async () => {
    const queue = house.queue();
    const events = queue.events();
    await events.ready();
    const jobs = Array.from({ length: 1300 }, (_, number) => ({ type: `t${number}`, data: number }));
    await queue.addMany(jobs);
    const seen = await some(events, jobs.length);
    expect(seen.map(({ type }) => type)).toEqual(jobs.map(({ type }) => type));
  });

  test('a loop that waits is told at once', async () => {
    const queue = house.queue();
    const events = queue.events();
    await events.ready();
    const times = [];
    for (let number = 0; number < 5; number++) {
      const next = events.next();
      await new Promise((resolve) => setTimeout(resolve, 30));
      const before = performance.now();
      await queue.add('job', number);
      await next;
      times.push(performance.now() - before);
    }
    // A reader that is not told looks once a second.
    expect(Math.min(...times)).toBeLessThan(300);
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(500);
  });

  test('leaving the loop, the signal and the close of the queue end it', async () => {
    const queue = house.queue();
    const left = queue.events();
    await left.ready();
    await queue.add('job', 1);
    for await (const { event } of left) {
      expect(event).toBe('added');
      break;
    }
    expect(await left.next()).toEqual({ done: true, value: undefined });
    const controller = new AbortController();
    const aborted = queue.events({ signal: controller.signal });
    await aborted.ready();
    const next = rejection(aborted.next());
    controller.abort(new Error('enough'));
    expect((await next).message).toBe('enough');
    expect((await rejection(queue.events({ signal: controller.signal }).next())).message).toBe('enough');
    const closed = queue.events();
    await closed.ready();
    const last = closed.next();
    await queue.close();
    expect((await within(2000, last)).value).toEqual({ done: true, value: undefined });
    expect(() => queue.events()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
  });

  test('options that cannot be are refused', () => {
    const queue = house.queue();
    const code = (code) => expect.objectContaining({ code });
    for (const from of ['', 'x', '5', '1-2-3', 7, '$'])
      expect(() => queue.events({ from })).toThrow(code('E_ARGUMENT'));
    expect(() => queue.events({ form: '1-2' })).toThrow(code('E_ARGUMENT'));
    expect(() => queue.events({ signal: 1 })).toThrow(code('E_CONFIG'));
    expect(() => queue.events(7)).toThrow(code('E_CONFIG'));
  });

  test('a shutdown ends a loop that waits', async () => {
    const own = await open();
    const queue = own.createQueue(house.queue().name);
    const events = queue.events();
    await events.ready();
    const last = events.next();
    const { ms } = await within(3000, own.shutdown({ timeoutMs: 5000 }));
    expect(ms).toBeLessThan(2000);
    expect(await last).toEqual({ done: true, value: undefined });
  });
}

module.exports = { names, queueEventsContract, read, some };
