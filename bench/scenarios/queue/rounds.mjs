/** What the parts of the scenario `queue` have in common. */
import { orderOfRound } from '../../rounds.mjs';

let made = 0;

/** A queue's name that was not used before. */
export function someName(what) {
  made += 1;
  return `bench-${what}-${process.pid}-${made}`;
}

/** Samples by contender, in rounds that begin with another one each. The first run of each is not counted. */
export async function inRounds({ hosts, rounds, admin }, measure) {
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const host of orderOfRound(hosts, round + 1)) {
      const sample = await measure(host);
      await admin.flushall();
      if (round >= 0) samples[host.id].push(sample);
    }
  }
  return samples;
}

/** Each row of a part, measured by `measureRow`. */
export async function ofRows(rows, measureRow) {
  const measured = {};
  for (const [title, given] of Object.entries(rows)) measured[title] = await measureRow(title, given);
  return measured;
}

/** Processor time that the server's main thread has used, in microseconds. */
export async function mainThreadMicros(admin) {
  const text = await admin.info('cpu');
  const seconds = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
  return (seconds('used_cpu_sys_main_thread') + seconds('used_cpu_user_main_thread')) * 1e6;
}

export async function usedMemory(admin) {
  return Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))[1]);
}
