/** The report for people: plain text tables, and last what was promised. */

import { renderClients } from './client-report.mjs';
import { contenderById } from './contenders.mjs';
import { measuredText, quantity, renderCells, whole } from './figures.mjs';
import { renderLimiter } from './limiter-report.mjs';
import { renderNear } from './near-report.mjs';
import { renderQueue } from './queue-report.mjs';
import { clearSummary } from './scenarios/clear.mjs';
import { embeddedLabel } from './scenarios/embedded.mjs';
import { outageSummary } from './scenarios/outage.mjs';
import { renderSessions } from './session-report.mjs';
import { renderStores } from './store-report.mjs';
import { renderTable } from './table.mjs';
import { renderTopics } from './topics-report.mjs';

export function renderReport({ environment, harnessMicrosPerCall, results, targets }) {
  const sections = [renderEnvironment(environment, harnessMicrosPerCall)];
  if (results.raw) {
    sections.push(...renderCells(results.raw.cells, rawTitle, (id) => contenderById(id).client));
  }
  if (results.adapter) {
    const label = (id) => contenderById(id).adapter;
    sections.push(...renderCells(results.adapter.cells, adapterTitle, label));
  }
  if (results.embedded) {
    sections.push(...renderCells(results.embedded.cells, embeddedTitle, embeddedLabel));
  }
  if (results.clear) sections.push(renderClear(results.clear));
  if (results.memory) sections.push(renderMemory(results.memory));
  if (results.outage) sections.push(renderOutage(results.outage));
  sections.push(
    ...renderClients(results),
    ...renderLimiter(results),
    ...renderSessions(results),
    ...renderStores(results),
    ...renderTopics(results),
    ...renderNear(results),
    ...renderQueue(results),
  );
  sections.push(renderTargets(targets));
  return sections.join('\n\n');
}

function renderEnvironment(environment, harnessMicrosPerCall) {
  const { node, platform, processor, cores, redis, contenders, effort, quick } = environment;
  const { loadBefore, oneCallerSeparated } = environment;
  const versions = Object.entries(contenders).map(([id, version]) => `${id} ${version}`);
  return [
    `Node ${node}, ${platform}, ${cores} cores of ${processor}, ${redis ? `Redis ${redis}` : 'no Redis'}`,
    versions.join(', '),
    `medians of ${effort.rounds} alternating rounds of ${effort.roundSeconds} s a contender` +
      `${quick ? ' (quick: rough figures)' : ''}; the harness is ` +
      `${harnessMicrosPerCall.toFixed(2)} us of every call`,
    `load average before the run: ${loadBefore.toFixed(1)}; with one caller the server and the ` +
      `contenders ${oneCallerSeparated ? 'have cores of their own' : 'share cores, so expect noise'}`,
    'brackets hold the quartiles of the rounds',
  ].join('\n');
}

const rawTitle = ({ operation, bytes }) =>
  `${operation === 'raw-get' ? 'Raw get' : 'Raw set'}, ${bytes.toLocaleString('en')} B`;
const adapterTitle = ({ messages }) => `Adapter over Redis, ${messages} messages, nine gets to one set`;
const embeddedTitle = ({ messages }) => `Adapter without Redis, ${messages} messages, gets`;

function renderClear({ samples, totalKeys, organizationKeys }) {
  const rows = Object.entries(samples).map(([id, rounds]) => {
    const { elapsedMs, slowestCommandMs } = clearSummary(rounds);
    return [contenderById(id).adapter, measuredText(elapsedMs, 'ms'), measuredText(slowestCommandMs, 'ms')];
  });
  const title = `Clearing an organization of ${whole(organizationKeys)} keys among ${whole(totalKeys)}`;
  return `${title}\n${renderTable(['contender', 'took', "the server's slowest command"], rows)}`;
}

function renderMemory(memory) {
  const storeMiB = memory.storeMaxBytes / 1_048_576;
  return [
    `Resident memory during ${whole(memory.sets)} sets through a store of ${storeMiB} MiB` +
      ` (${whole(memory.setsPerSecond)} sets/s)`,
    `before ${whole(memory.baselineMiB)} MiB, peak ${whole(memory.peakMiB)} MiB, end ` +
      `${whole(memory.endMiB)} MiB, ${memory.flat ? 'flat' : 'NOT flat'}: second half ` +
      `${((memory.growthOfSecondHalf - 1) * 100).toFixed(1)} %`,
    `after each twentieth: ${memory.residentMiB.map(whole).join(' ')}`,
  ].join('\n');
}

function renderOutage(outage) {
  const { foundMs, journaledPerSecond, replayedPerSecond, p99Ratio } = outageSummary(outage);
  return [
    `A stopped server and ${whole(outage.entries)} writes meanwhile`,
    `found after ${whole(foundMs.value)} ms; ${whole(journaledPerSecond.value)} writes/s kept; ` +
      `${whole(replayedPerSecond.value)} entries/s replayed; live p99 meanwhile ${p99Ratio.value.toFixed(2)} times the usual`,
  ].join('\n');
}

function renderTargets(targets) {
  const rows = targets.map(({ name, unit, better, bound, aim, measured, verdict }) => [
    name,
    measured ? measuredText(measured, unit) : '',
    `${better === 'higher' ? '>=' : '<='} ${quantity(bound, unit)}`,
    quantity(aim, unit),
    verdict,
  ]);
  const head = ['target', 'measured', 'at least', 'aim', 'met?'];
  return `Targets, from this run\n${renderTable(head, rows)}`;
}
