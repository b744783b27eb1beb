/** A process with many clients of streams of events. They read all that comes, and look for one word. */
import { once } from 'node:events';
import { connect } from 'node:net';

let sockets = [];

const OPERATIONS = {
  async connect({ port, clients }) {
    sockets = await Promise.all(
      Array.from({ length: clients }, async () => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
        await once(socket, 'data');
        return socket;
      }),
    );
  },
  /** Resolves when every client has read the word. */
  async read({ word }) {
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve, reject) => {
            const onData = (bytes) => {
              if (bytes.indexOf(word) < 0) return;
              socket.off('data', onData);
              socket.off('close', onClose);
              // It goes on reading.
              socket.resume();
              resolve();
            };
            const onClose = () => reject(new Error('a connection was closed'));
            socket.on('data', onData);
            socket.once('close', onClose);
          }),
      ),
    );
  },
  async close() {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  },
};

process.on('message', async ({ id, operation, argument }) => {
  try {
    process.send({ id, result: await OPERATIONS[operation](argument) });
  } catch (error) {
    process.send({ id, error: { message: error.message } });
  }
});

process.once('disconnect', () => process.exit());
