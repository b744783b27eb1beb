'use strict';

// A worker that uses the package: `mode` load keeps calls in flight until it is terminated,
// `mode` check proves that its answers are its own, then ends by itself.
const { parentPort, workerData } = require('node:worker_threads');
const orgcache = require('../..');

const { name, mode, calls } = workerData;

async function check({ cacheAdapter }) {
  const numbers = Array.from({ length: calls }, (_, index) => index);
  await Promise.all(
    numbers.map((index) => cacheAdapter.setConversationContext(name, `49${index}`, [{ name, index }])),
  );
  const answers = await Promise.all(
    numbers.map((index) => cacheAdapter.getConversationContext(name, `49${index}`)),
  );
  const wrong = answers.filter(
    (messages, index) => messages?.[0].name !== name || messages[0].index !== index,
  );
  parentPort.postMessage({ name, wrong: wrong.length });
}

async function load({ cacheAdapter }) {
  const text = 'load '.repeat(400);
  for (let index = 0; ; index += 1) {
    for (let call = 0; call < 50; call += 1) {
      cacheAdapter.setConversationContext(name, `49${call}`, [text]);
      cacheAdapter.getConversationContext(name, `49${call}`);
    }
    await cacheAdapter.get('turn');
    if (index === 0) parentPort.postMessage({ name, loaded: true });
  }
}

(mode === 'check' ? check : load)(orgcache);
