'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { buildPreload } = require('../support/preload');
const { runProgram } = require('../support/process');
const { startRedis } = require('../support/redis');

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** The library that lets the wall clock jump, and the file whose presence makes it. */
function buildJump() {
  const { folder, library } = buildPreload('clock-jump.c');
  return { folder, library, file: path.join(folder, 'now') };
}

test.each(['loop', 'thread'])(
  'lifetimes hold where the wall clock jumps an hour in an outage, with the %s driver',
  async (driver) => {
    const redis = await startRedis({ args: DURABLE });
    const { library, file } = buildJump();
    const { reports } = await runProgram('clock.cjs', {
      args: { port: redis.port, driver },
      env: { LD_PRELOAD: library, CLOCK_JUMP_FILE: file },
      onReport: async (told) => {
        if (told === 'written') {
          fs.writeFileSync(file, '');
          await redis.kill();
        } else if (told.jumped) {
          await redis.launch();
        }
      },
    });
    const [, outage, after] = reports;
    expect(outage).toMatchObject({ long: 'long', short: 'short' });
    expect(outage.shortLivedMs).toBeGreaterThan(2900);
    expect(outage.shortLivedMs).toBeLessThan(3500);
    expect(after).toEqual({ during: 'during', context: ['before'] });
    // The server's clock is right: a replayed value expires ten minutes after its set.
    const left = await redis.command('PTTL', 'jack:dev:kv:during');
    expect(left).toBeGreaterThan(590_000);
    expect(left).toBeLessThanOrEqual(600_000);
    // An index whose scores come from a wrong clock still finds everything.
    expect((await redis.command('ZRANGE', 'jack:dev:!index:org-clock', 0, -1)).sort()).toEqual([
      'jack:dev:conversationContexts:org-clock:1',
      'jack:dev:conversationContexts:org-clock:2',
    ]);
  },
  60_000,
);

test('lifetimes hold where the wall clock was put back before the file of a journal is taken over', async () => {
  const redis = await startRedis({ args: DURABLE });
  await redis.kill();
  const { folder, library, file } = buildJump();
  const args = { port: redis.port, directory: folder };
  fs.writeFileSync(file, '');
  const ahead = { LD_PRELOAD: library, CLOCK_JUMP_FILE: file };
  const died = await runProgram('journal-file.cjs', { args, env: ahead, mayFail: true });
  expect([died.report, died.signal]).toEqual([[true, true], 'SIGKILL']);
  await redis.launch();
  const { report } = await runProgram('journal-file.cjs', { args: { ...args, takesOver: true } });
  expect(report).toEqual({ kept: 'first', replayed: 2 });
  const left = async (key) => Math.ceil((await redis.command('PTTL', `jack:dev:${key}`)) / 60_000);
  expect([await left('kv:kept'), await left('conversationContexts:org-clock:1')]).toEqual([10, 120]);
});
