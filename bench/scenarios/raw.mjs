/** Raw get and set through each client. */
import { withHosts } from '../contender-host.mjs';
import { measureCells } from '../rounds.mjs';

const OPERATIONS = ['raw-get', 'raw-set'];
const VALUE_BYTES = [100, 4_096];

export async function measureRaw({ contenders, callers, redis, effort, progress }) {
  const cells = OPERATIONS.flatMap((operation) =>
    VALUE_BYTES.flatMap((bytes) => callers.map((count) => ({ operation, bytes, callers: count }))),
  );
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench:', useRedis: true });
  return withHosts(contenders, optionsOf, (hosts) =>
    measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress }),
  );
}
