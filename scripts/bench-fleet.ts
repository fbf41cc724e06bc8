import { join } from 'node:path';
import { connectEngine, type Engine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { spreadOf } from './bench/figures.js';
import { floorOfFleet, prepareFleet, runFleet, tinyService } from './bench/fleet.js';
import { targetOf } from './bench/node-engine.js';
import { SlipwayUser } from './bench/slipway-user.js';
import { Swarm } from './bench/swarm.js';
import { printProgress, startOneMachine } from './one-machine/start.js';
import { startPlatform } from './platform.js';

const SERVICES = 50;
const ROUNDS = 5;
const AT_ONCE = [2, 4, 8];

/** `npm run bench:fleet`: many services in one request, and one service with many replicas beside Docker Swarm. */
async function main(): Promise<void> {
  const machine = await startOneMachine({ report: printProgress });
  const stops: (() => Promise<unknown>)[] = [() => machine.stop()];
  const signal = new AbortController().signal;
  try {
    const logFile = join('.slipway', 'bench.log');
    const platform = await startPlatform({ ...machine, env: { ...machine.env }, logFile, signal });
    stops.unshift(() => platform.stop());
    const env = { ...process.env, ...machine.env };
    const user = new SlipwayUser(env, signal);
    await user.connect();
    stops.unshift(() => user.close());
    const ssh = new SshPool();
    stops.unshift(() => ssh.close());
    const targets = await Promise.all(machine.nodes.map(targetOf));
    const engines = new Map<string, Engine>();
    for (const [n, target] of targets.entries())
      engines.set(machine.nodes[n]?.name ?? '', connectEngine({ ssh, target }));
    const addresses = new Map(machine.nodes.map(({ name, address }) => [name, address]));
    const auth = {
      username: env['REGISTRY_USERNAME'] ?? '',
      password: env['REGISTRY_PASSWORD'] ?? '',
      serveraddress: new URL(env['REGISTRY_URL'] ?? '').host,
    };

    console.log(`Preparing ${SERVICES} services ...`);
    const app = 'fleet';
    const names = await prepareFleet(user, app, SERVICES);
    await user.push('peer', tinyService());
    const { service } = await user.ask('build-and-run', 'peer');
    const [instance] = service.instances;
    const image = (await engines.get(instance?.node ?? '')?.inspect(instance?.container ?? ''))?.image ?? '';
    await Promise.all([...engines.values()].map((engine) => engine.pull(image, auth)));
    await user.ask('stop', 'peer');

    const slipway: number[] = [];
    const floors = new Map(AT_ONCE.map((atOnce) => [atOnce, [] as number[]]));
    for (let round = 0; round < ROUNDS; round += 1) {
      slipway.push(await runFleet(user, app, names));
      await user.askFor('stop', app, names);
      for (const atOnce of AT_ONCE)
        floors.get(atOnce)?.push(await floorOfFleet({ engines, addresses }, image, SERVICES, atOnce));
    }
    const own = spreadOf(slipway);
    console.log(`\n${SERVICES} services in one request: Slipway ${text(own)}`);
    for (const [atOnce, ms] of floors) {
      const least = spreadOf(ms);
      const ratio = (own.median / least.median).toFixed(2);
      console.log(
        `  engines alone, ${atOnce} at once on each node: ${text(least)}; Slipway is ${ratio} of it`,
      );
    }

    const swarm = await Swarm.form(ssh, targets);
    stops.unshift(() => swarm.dissolve());
    for (const replicas of [1, 10]) {
      await user.push(`replicas-${replicas}`, tinyService(replicas));
      await user.ask('build-and-run', `replicas-${replicas}`);
      await user.ask('stop', `replicas-${replicas}`);
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push((await user.ask('run', `replicas-${replicas}`)).ms);
        await user.ask('stop', `replicas-${replicas}`);
        theirs.push(await swarm.create(image, replicas));
      }
      const [a, b] = [spreadOf(ours), spreadOf(theirs)];
      console.log(
        `${replicas} replicas: Slipway ${text(a)}, healthy; Swarm ${text(b)}, running; ${(a.median / b.median).toFixed(2)}`,
      );
    }
  } finally {
    for (const stop of stops) await stop().catch((error: unknown) => console.error(error));
  }
}

const text = ({ median, min, max }: ReturnType<typeof spreadOf>): string => `${median} ms (${min}-${max})`;

process.exitCode = await main().then(
  () => 0,
  (error: unknown) => {
    console.error(error);
    return 1;
  },
);
process.exit();
