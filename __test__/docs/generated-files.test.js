'use strict';

const { runNode } = require('../support/process');

const SCRIPTS = ['options', 'protocol-names', 'surface'];

test.each(SCRIPTS)('the files that scripts/%s.mjs makes are up to date', async (name) => {
  await runNode([`scripts/${name}.mjs`, '--check']);
});
