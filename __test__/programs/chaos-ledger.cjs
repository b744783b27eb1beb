'use strict';

// The ledger of a chaos run, a process of its own: handlers tell it when they begin and end, and it refuses a token that is
// smaller than one it has seen for the job, as the target of an effect would. A line comes as `[serial, what, id, fence, pid, n,
// outcome]` and is answered with `[serial, 1]`, or `[serial, 0]` where it is refused. Its argument is `{ file }`: what it was
// told, a line each, with the time in front and the answer behind. It reports its port.
const fs = require('node:fs');
const net = require('node:net');

const { file } = JSON.parse(process.argv[2]);
const log = fs.openSync(file, 'a');
/** The largest token of each job. */
const largest = new Map();

function enter([serial, what, id, fence, pid, n, outcome]) {
  const known = largest.get(id) ?? 0;
  // A handler that begins has a token of its own; it ends with the same one.
  const isAccepted = what === 'begin' ? fence > known : fence >= known;
  if (isAccepted) largest.set(id, fence);
  fs.writeSync(
    log,
    `${JSON.stringify([Date.now(), what, id, fence, pid, n, outcome ?? '', isAccepted ? 1 : 0])}\n`,
  );
  return [serial, isAccepted ? 1 : 0];
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    socket.write(lines.map((line) => `${JSON.stringify(enter(JSON.parse(line)))}\n`).join(''));
  });
  // A worker that is killed leaves its connection behind.
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`@report ${JSON.stringify({ port: server.address().port })}\n`),
);
