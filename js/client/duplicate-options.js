'use strict';

/**
 * Options of ioredis that change nothing here: this client always pipelines, waits for a server that loads, keeps
 * commands while there is no connection and subscribes again.
 */
const WITHOUT_MEANING = new Set([
  'autoPipeliningIgnoredCommands',
  'autoResendUnfulfilledCommands',
  'autoResubscribe',
  'clientInfoTag',
  'disableClientInfo',
  'disconnectTimeout',
  'enableAutoPipelining',
  'enableOfflineQueue',
  'enableReadyCheck',
  'maxLoadingRetryTime',
  'maxRetriesPerRequest',
  'noDelay',
  'reconnectOnError',
  'retryStrategy',
  'showFriendlyErrorStack',
]);

/** All that Redis takes for a connection's name. Who gives another one goes without, as with ioredis. */
const CONNECTION_NAME = /^[!-~]+$/;

/** What a caller asked of a duplicate, without what has no meaning here. */
function meaningful(given) {
  const isMeant = ([name, value]) =>
    name === 'connectionName' ? CONNECTION_NAME.test(value ?? '') : !WITHOUT_MEANING.has(name);
  return Object.fromEntries(Object.entries(given).filter(isMeant));
}

/** A URL wins over its parts, so that a part chosen beside it would count for nothing. */
function urlWith(text, { url: chosen, host, port, username, password, db, protocol }) {
  if (chosen !== undefined || typeof text !== 'string' || !URL.canParse(text)) return undefined;
  let url = new URL(text);
  if (protocol !== undefined) url.searchParams.delete('protocol');
  if (url.protocol.endsWith('unix:')) {
    if (host === undefined && port === undefined) {
      if (db !== undefined) url.searchParams.set('db', String(db));
      return { url: url.href };
    }
    url = new URL('redis://localhost');
  }
  if (host !== undefined) url.hostname = host.includes(':') ? `[${host}]` : host;
  if (port !== undefined) url.port = String(port);
  if (username !== undefined) url.username = encodeURIComponent(username ?? '');
  if (password !== undefined) url.password = encodeURIComponent(password ?? '');
  if (db !== undefined) url.pathname = `/${db}`;
  return { url: url.href };
}

module.exports = { meaningful, urlWith };
