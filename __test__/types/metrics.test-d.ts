import { createInstance, type MetricsOptions, metrics } from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

const options: MetricsOptions = { format: 'openmetrics' };

export async function scrape(): Promise<string> {
  exactly<string>()(await metrics(), true);
  exactly<string>()(await createInstance().metrics(options), true);
  // @ts-expect-error there are two formats
  await metrics({ format: 'json' });
  await metrics({ organizations: 10 });
  // @ts-expect-error there is no such option
  await metrics({ keys: 10 });
  return metrics(options);
}
