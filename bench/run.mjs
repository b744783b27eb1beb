#!/usr/bin/env node
import { describeEnvironment } from './environment.mjs';
import { harnessCost } from './load.mjs';
import { HELP, parseOptions } from './options.mjs';
import { startRedisServer } from './redis-server.mjs';
import { renderReport } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { judge } from './targets.mjs';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

async function measureAll(options) {
  const progress = (line) => process.stderr.write(`  ${line}\n`);
  const harnessMicrosPerCall = await harnessCost();
  const needsRedis = options.scenarios.some((name) => SCENARIOS[name].needsRedis);
  const redis = needsRedis ? await startRedisServer() : null;
  try {
    const environment = await describeEnvironment(options, redis);
    const results = {};
    for (const name of options.scenarios) {
      results[name] = await SCENARIOS[name].measure({ ...options, redis, progress });
    }
    return { environment, harnessMicrosPerCall, results, targets: judge(results) };
  } finally {
    await redis?.stop();
  }
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const report = await measureAll(options);
  console.log(options.json ? JSON.stringify(report, null, 2) : renderReport(report));
}

// Exit handlers, which end the server, run only where the process exits instead of being ended.
for (const [signal, number] of Object.entries(SIGNALS)) {
  process.once(signal, () => process.exit(128 + number));
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
