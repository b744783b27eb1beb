'use strict';

const DEFAULT_PORT = 6379;

/** Where settings lead to: `{ host, port }`, of several hosts the first; of a unix socket its path and port 0. */
function endpointOf(settings) {
  const hosts = settings.clusterHosts.value || settings.sentinelHosts.value;
  if (hosts) return hostsOf(hosts)[0];
  const url = settings.url.value;
  if (!url) return { host: settings.host.value, port: settings.port.value };
  const { hostname, port, pathname } = new URL(url);
  if (hostname === '') return { host: decodeURIComponent(pathname), port: 0 };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}

/** `a:1,b:2` as `{ host, port }` each. */
function hostsOf(hosts) {
  return String(hosts)
    .split(',')
    .map((each) => {
      const [, host, port] = /^\s*\[?(.*?)\]?:(\d+)\s*$/.exec(each);
      return { host, port: Number(port) };
    });
}

/** What counts of a setting: others may have a say in it. */
function inForce(setting) {
  return Object.hasOwn(setting, 'inForce') ? setting.inForce : setting.value;
}

/** Never shown, not even as redacted: whoever connects with these options would say that for a password. */
const SECRETS = ['password', 'sentinelPassword'];

/** What is in force, in the names of ioredis where it has one, without secrets. */
function optionsOf(settings) {
  const shown = Object.entries(settings).filter(([name]) => !SECRETS.includes(name));
  const values = Object.fromEntries(shown.map(([name, setting]) => [name, inForce(setting)]));
  const { host, port } = endpointOf(settings);
  const address = port === 0 ? { path: host, host: null, port: null } : { host, port };
  const options = { ...values, ...address, family: Number(values.family) };
  if (values.sentinelHosts) {
    Object.assign(options, { sentinels: hostsOf(values.sentinelHosts), name: values.sentinelName });
  }
  return options;
}

module.exports = { SECRETS, endpointOf, inForce, optionsOf };
