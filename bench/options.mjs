/** The command line. */
import { parseArgs } from 'node:util';

import { CONTENDERS, contenderById } from './contenders.mjs';
import { PART_NAMES } from './scenarios/near/near.mjs';
import { QUEUE_PART_NAMES } from './scenarios/queue/queue.mjs';
import { SCENARIOS } from './scenarios.mjs';

const SCENARIO_NAMES = Object.keys(SCENARIOS);
const DEFAULT_CALLERS = [1, 16, 64, 512];

/**
 * Many short rounds instead of few long ones: whatever else the machine does comes in bursts of
 * seconds, which then meet all contenders, and the median leaves out the rounds a burst cut in two.
 */
const THOROUGH = { rounds: 15, roundSeconds: 0.15, warmUpSeconds: 0.4 };
/** For seeing that all works: the figures are rough. */
const QUICK = { rounds: 3, roundSeconds: 0.05, warmUpSeconds: 0.1 };

export const HELP = `Measures orgcache against the JavaScript cache layer and the clients it replaces.

  node run.mjs [options]

  --only NAMES        ${SCENARIO_NAMES.join(', ')}; several with commas (default: all)
  --parts NAMES       of the scenario near: ${PART_NAMES.join(', ')};
                      of the scenario queue: ${QUEUE_PART_NAMES.join(', ')};
                      several with commas (default: all)
  --contenders NAMES  with commas (default: ${defaultContenders().join(', ')};
                      also: ${otherContenders().join(', ')})
  --callers NUMBERS   with commas (default: ${DEFAULT_CALLERS.join(',')})
  --rounds N          rounds a cell (default: ${THOROUGH.rounds}, with --quick ${QUICK.rounds})
  --quick             rounds of ${QUICK.roundSeconds} s instead of ${THOROUGH.roundSeconds} s
  --json              JSON on standard output instead of tables
  --help`;

function defaultContenders() {
  return CONTENDERS.filter(({ byDefault }) => byDefault).map(({ id }) => id);
}

function otherContenders() {
  return CONTENDERS.filter(({ byDefault }) => !byDefault).map(({ id }) => id);
}

export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      parts: { type: 'string' },
      contenders: { type: 'string' },
      callers: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const effort = { ...(values.quick ? QUICK : THOROUGH) };
  if (values.rounds !== undefined) effort.rounds = positiveInteger('--rounds', values.rounds);
  return {
    help: values.help,
    json: values.json,
    quick: values.quick,
    effort,
    scenarios: namesAmong(SCENARIO_NAMES, values.only, 'scenario'),
    parts: namesAmong([...PART_NAMES, ...QUEUE_PART_NAMES], values.parts, 'part of near or queue'),
    contenders: (values.contenders === undefined ? defaultContenders() : list(values.contenders)).map(
      contenderById,
    ),
    callers:
      values.callers === undefined
        ? DEFAULT_CALLERS
        : list(values.callers).map((text) => positiveInteger('--callers', text)),
  };
}

function list(text) {
  return [...new Set(text.split(',').map((part) => part.trim()))];
}

/** All known names, or those that the text lists. */
function namesAmong(known, text, what) {
  if (text === undefined) return known;
  const names = list(text);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`There is no ${what} named '${unknown}'; there are: ${known.join(', ')}.`);
}

function positiveInteger(option, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${option} takes whole numbers above 0, not '${text}'.`);
}
