'use strict';

const path = require('node:path');
const { spawnSync } = require('node:child_process');

const PROGRAMS = path.join(__dirname, '..', '..', '__test__', 'programs');
/** Long enough for both processes to be there on a busy machine. */
const SECONDS = 4;

function runStep(seconds, ...command) {
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(PROGRAMS, 'run-step.mjs'), String(seconds), ...command],
    {
      encoding: 'utf8',
      env: { ...process.env, CACHE_LOG: 'off' },
    },
  );
  return { printed: stdout, result: JSON.parse(stdout.trim().split('\n').at(-1)) };
}

test('a step that ends in time is not looked at', () => {
  const { printed, result } = runStep(60, '-e', 'console.log("done")');
  expect(printed).toContain('done');
  expect(printed).not.toContain('still open');
  expect(result.timedOut).toBe(false);
});

if (process.platform !== 'win32')
  test('a step that hangs is ended at its limit, and what it still has open is listed', () => {
    const { printed, result } = runStep(SECONDS, path.join(PROGRAMS, 'hanging.cjs'));
    expect(result.timedOut).toBe(true);
    const [, listed] = printed.split('still open:');
    expect(listed).toMatch(/process \d+, for \d\d:\d\d: .*hanging\.cjs\n {2}open: .*threadsafe function/);
    expect(listed).toMatch(/open: .*tcp \S+:\d+/);
    expect(listed).toMatch(/process \d+, for \d\d:\d\d: .*setInterval.*\n {2}open: .*timer/);
    expect(printed).toMatch(/FAILED the step: .*ended at its time limit/);
  });

test('all steps together take at most an hour and a half', () => {
  expect(runStep(60, '-e', '0').result.minutesOfAll).toBeLessThanOrEqual(90);
});
