'use strict';

const { COMMANDS } = require('../../js/client/commands');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');

test('the types of the commands are those that the command table makes', async () => {
  await runNode(['scripts/client-types.mjs', '--check']);
  await runNode(['scripts/ioredis-types.mjs', '--check']);
});

test('every command is a method of clients, pipelines and transactions, and so is its variant for Buffers', () => {
  const client = openPackage().redisManager.getClient();
  const lost = (object) =>
    COMMANDS.flatMap(({ name }) => [name, `${name}Buffer`]).filter(
      (name) => typeof object[name] !== 'function',
    );
  expect(COMMANDS.length).toBeGreaterThan(250);
  expect([lost(client), lost(client.pipeline()), lost(client.multi())]).toEqual([[], [], []]);
});
