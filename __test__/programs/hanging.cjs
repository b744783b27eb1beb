'use strict';

// Never ends: a call waits for a server that never answers, and another process waits for nothing.
const net = require('node:net');
const { spawn } = require('node:child_process');
const { createInstance } = require('../../js/instance.js');

spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const { redisManager, configure } = createInstance();
  configure({ url: `redis://127.0.0.1:${server.address().port}`, commandTimeout: 60_000 });
  redisManager.getClient().get('key');
  console.log('waiting');
});
