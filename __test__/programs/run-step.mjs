// Runs one step as `npm test` does, with the limit and the program of the arguments. Prints its result as
// JSON.
import { minutesOfAll, runStep } from '../../scripts/test.mjs';

const [seconds, ...command] = process.argv.slice(2);
const step = { name: 'the step', minutes: Number(seconds) / 60, command: [process.execPath, ...command] };
const { timedOut } = await runStep(step, process.env);
console.log(JSON.stringify({ timedOut, minutesOfAll: minutesOfAll() }));
