'use strict';

const { erasureContract, fill } = require('../support/erasure-contract');
const { openPackage } = require('../support/package');

const open = () => openPackage({ useRedis: false, logLevel: 'off' });

erasureContract(open, { snapshot: () => undefined });

test('instances without Redis share nothing, so an erasure concerns one of them', async () => {
  const [here, there] = [open(), open()];
  const filled = await fill(there, 'acme');
  await fill(here, 'acme');
  const erasing = here.eraseOrganization('acme');
  expect(await there.cacheManager.set('more', 1, 60, 'acme')).toBe(true);
  await erasing;
  expect(await filled.read()).not.toContain(null);
});
