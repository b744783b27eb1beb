'use strict';

// A process with an instance of its own, told over IPC what to call: `{id, object, method, args}`, answered
// with `{id, value}` or `{id, error}`. Its options are the first argument.
const orgcache = require('../..');

orgcache.configure(JSON.parse(process.argv[2]));

process.on('message', async ({ id, object, method, args }) => {
  try {
    process.send({ id, value: await orgcache[object][method](...args) });
  } catch (error) {
    process.send({ id, error: `${error.code}: ${error.message}` });
  }
});
// The test process is gone.
process.on('disconnect', () => process.exit(0));
