'use strict';

const selfsigned = require('selfsigned');

const EC = { keyType: 'ec', algorithm: 'sha256' };

function authority(name) {
  return selfsigned.generate([{ name: 'commonName', value: name }], {
    ...EC,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

const LONG_AGO = { notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2021-01-01') };
const HERE = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
];

/** Signed by an authority and not by itself: a strict client refuses an authority as a server. */
async function signedBy({ private: key, cert }, { altNames = HERE, ...options } = {}) {
  const made = await selfsigned.generate([{ name: 'commonName', value: altNames[0].value }], {
    ...EC,
    ca: { key, cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames },
    ],
    ...options,
  });
  return { cert: made.cert, key: made.private };
}

async function main() {
  const ca = await authority('orgcache test authority');
  const other = await authority('orgcache other authority');
  const answer = {
    ca: ca.cert,
    otherCa: other.cert,
    ...(await signedBy(ca)),
    expired: await signedBy(ca, LONG_AGO),
    elsewhere: await signedBy(ca, { altNames: [{ type: 2, value: 'elsewhere.example' }] }),
    stranger: await signedBy(other),
  };
  process.stdout.write(JSON.stringify(answer));
}

main();
