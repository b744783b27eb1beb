/**
 * Which processor cores the server and the contenders may use while one caller is measured.
 *
 * With one call in flight the two processes take turns, and whether the system lets them share a
 * core or wakes another for every message changes the rate several times over, and changes every few
 * seconds. Rounds would compare the system's moods. So for these cells the server has one core and
 * every contender the others, as if the server were elsewhere. With many callers all have all.
 */
import { execFileSync } from 'node:child_process';

/** Cores as `taskset` lists them: `0-2,5` is 0, 1, 2 and 5. */
export function parseCoreList(text) {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.trim().split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}

function coresOf(pid) {
  try {
    const answer = execFileSync('taskset', ['-cp', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    return parseCoreList(answer.slice(answer.lastIndexOf(':') + 1));
  } catch {
    return [];
  }
}

function place(pid, cores) {
  execFileSync('taskset', ['-acp', cores.join(','), String(pid)], { stdio: 'pipe' });
}

/** Whether this machine can keep the server and the contenders apart. */
export function canSeparate() {
  return coresOf(process.pid).length > 1;
}

/** Runs `work` while servers and contenders are apart, where the machine can do that. */
export async function separated({ serverPids, contenderPids }, work) {
  const cores = coresOf(process.pid);
  if (cores.length < 2) return work();
  const [serverCore, ...otherCores] = cores;
  for (const pid of serverPids) place(pid, [serverCore]);
  for (const pid of contenderPids) place(pid, otherCores);
  try {
    return await work();
  } finally {
    for (const pid of [...serverPids, ...contenderPids]) place(pid, cores);
  }
}
