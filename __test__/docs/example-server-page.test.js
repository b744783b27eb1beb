'use strict';

const { startExample } = require('../support/example-server');
const {
  ANN,
  TEST_TIMEOUT_MS,
  describeLimits,
  describeMails,
  describePage,
  openFor,
  send,
  sent,
  shows,
  waysTo,
} = require('../support/example-page-contract');
const { until } = require('../support/wait');

/** Over plain HTTP on this machine, on the store of the process. */
async function onEmbeddedStore() {
  const { url } = await startExample({ USE_REDIS: 'false' });
  return waysTo([url, url], { name: 'id', secure: false });
}

describePage('the embedded store', onEmbeddedStore);
describeLimits('the embedded store', onEmbeddedStore, 'example-server-embedded');
describeMails('the embedded store', onEmbeddedStore, 'example-server-board-embedded');

test(
  'the page of the example server goes on where it was after a proxy has answered with an error',
  async () => {
    const { shaky, network } = await onEmbeddedStore();
    const { window, errors } = await openFor(ANN, shaky);
    expect(await send(window, 'Before')).toBe(201);
    await shows(window.notifications, sent(['ann', 'Before']));
    network.makeUnavailable();
    const isRefused = () =>
      errors.filter((text) => text.includes('the server responded with a status of 503')).length > 1;
    await until(isRefused, { timeoutMs: 10_000, what: 'the proxy to refuse session and stream' });
    await shows(window.connection, ['Connecting again']);
    network.open();
    await shows(window.connection, [/Live$/]);
    expect(await send(window, 'After')).toBe(201);
    await shows(window.notifications, sent(['ann', 'After'], ['ann', 'Before']));
    await shows(window.notice, []);
  },
  TEST_TIMEOUT_MS,
);
