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

async function main() {
  const ca = await authority('orgcache test authority');
  const other = await authority('orgcache other authority');
  // Signed by an authority and not by itself: a strict client refuses an authority as a server.
  const server = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    ...EC,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const answer = { ca: ca.cert, otherCa: other.cert, cert: server.cert, key: server.private };
  process.stdout.write(JSON.stringify(answer));
}

main();
