import { machineAndPlatform } from '../bench-machine.js';
import { SlipwayUser } from '../slipway-user.js';
import { Hops } from './hops.js';
import { measureReal, type RealOptions } from './measure.js';
import { printedReal } from './real-report.js';
import { databaseOf } from './scaled-service.js';

interface RealBench extends RealOptions {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** The real part of the bench, on a platform of its own. @returns what it found as JSON, its text, and whether it is well */
export async function benchReal({ signal, say, ...options }: RealBench) {
  await using stops = new AsyncDisposableStack();
  const { machine, platform } = await machineAndPlatform(stops, { signal });
  const env = { ...machine.env, ...platform.env };
  const user = new SlipwayUser(env, signal);
  await user.connect();
  stops.defer(() => user.close());
  const database = databaseOf(machine);
  stops.defer(() => database.end());
  const hops = await Hops.listen(String(machine.env['DATABASE_URL']));
  stops.defer(() => hops.close());
  const measured = await measureReal(
    { env, user, database, hosts: machine.hosts, signal },
    { ...options, hops, say },
  );
  return { measured, ...printedReal(measured, options) };
}
