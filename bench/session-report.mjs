/** The part of the report about sessions. */
import { contenderById } from './contenders.mjs';
import { measuredText, renderCells, whole } from './figures.mjs';
import { OPERATIONS } from './session-workloads.mjs';
import { spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

const label = (id) => contenderById(id).session;

export function renderSessions({ sessions }) {
  if (!sessions) return [];
  const { cells, memory, ends } = sessions;
  return [
    ...renderCells(cells, titleOf, label),
    ...(memory ? [renderMemory(memory)] : []),
    ...(ends ? [renderEnds(ends)] : []),
  ];
}

function titleOf({ operation, sessions }) {
  return sessions === undefined ? OPERATIONS[operation] : `${OPERATIONS[operation]}: ${whole(sessions)}`;
}

function renderMemory({ sessions, bytes }) {
  const rows = Object.entries(bytes).flatMap(([id, byUser]) =>
    Object.entries(byUser).map(([perUser, size]) => [label(id), perUser, whole(size)]),
  );
  const title = `Memory of Redis for a session of 300 B, of ${whole(sessions)}`;
  return `${title}\n${renderTable(['contender', 'a user', 'bytes'], rows)}`;
}

function renderEnds({ sessions, samples }) {
  const rows = Object.entries(samples).map(([id, rounds]) => [
    label(id),
    measuredText(spread(rounds.map(({ elapsedMs }) => elapsedMs)), 'ms'),
  ]);
  return `The end of ${whole(sessions)} sessions of a user\n${renderTable(['contender', 'took'], rows)}`;
}
