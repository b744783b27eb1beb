/** What the parts of the scenario `near` ask of a contender's process. */
import { cacheHasCopies, fillNever } from '../../near-workloads.mjs';
import { fillCopies, hitRatios } from './hit-ratio-work.mjs';
import { blockThenRead, followVersions, prepareVersions, writeVersions } from './invalidation-work.mjs';
import { churnCopies, churnKept, copyTexts, fillTexts, keepTexts, residentMiB } from './memory-work.mjs';
import {
  holdNumbers,
  namesOfNumbers,
  startWatchingSelf,
  stopWatchingSelf,
  writeAtRate,
  writeNumbers,
} from './pushes-work.mjs';
import { mixedLoad } from './server-cost-work.mjs';
import { rush } from './stampede-work.mjs';
import { fillTag, invalidateTag } from './tags-work.mjs';
import { tenantLoad } from './tenants-work.mjs';
import { askWorkers, closeWorkers, openWorkers, residentOfAllMiB } from './workers-work.mjs';
import { holdRange, writeRange } from './write-cost-work.mjs';

/** @param contender answers what the process has opened */
export function nearOperations(contender) {
  const withContender = (work) => (argument) => work(contender(), argument);
  return {
    copies: () => contender().copies?.() ?? null,
    hasCache: () => Boolean(contender().cache),
    cacheHasCopies: withContender(cacheHasCopies),
    fillNever: withContender(fillNever),
    rush: withContender(rush),
    mixedLoad: withContender(mixedLoad),
    prepareVersions: withContender(prepareVersions),
    writeVersions: withContender(writeVersions),
    followVersions: withContender(followVersions),
    blockThenRead: withContender(blockThenRead),
    holdRange: withContender(holdRange),
    writeRange: withContender(writeRange),
    writeNumbers: withContender(writeNumbers),
    holdNumbers: withContender(holdNumbers),
    namesOfNumbers: withContender(namesOfNumbers),
    writeAtRate: withContender(writeAtRate),
    startWatchingSelf: withContender(startWatchingSelf),
    stopWatchingSelf: withContender(stopWatchingSelf),
    fillTexts: withContender(fillTexts),
    copyTexts: withContender(copyTexts),
    keepTexts: withContender(keepTexts),
    churnCopies: withContender(churnCopies),
    churnKept: withContender(churnKept),
    residentMiB,
    openWorkers: withContender(openWorkers),
    askWorkers: withContender(askWorkers),
    residentOfAllMiB: withContender(residentOfAllMiB),
    closeWorkers: withContender(closeWorkers),
    fillCopies: withContender(fillCopies),
    hitRatios: withContender(hitRatios),
    fillTag: withContender(fillTag),
    invalidateTag: withContender(invalidateTag),
    tenantLoad: withContender(tenantLoad),
  };
}
