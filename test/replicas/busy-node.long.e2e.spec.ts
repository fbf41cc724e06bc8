import { afterAll, beforeAll, expect, it } from 'vitest';
import { AGENT_SILENT_MS } from '#libs/contracts';
import { type AppProcess, until } from '#libs/testing';
import { onNode } from '../e2e/world.js';
import { OwnPlatform } from './own-platform.js';
import { PlacingClient } from './placing-client.js';

// Among all stages, measured.int places by the same figures, without a minute of full load.

const SOON = { timeoutMs: 60_000 };
/** On a machine that is busy with other work, the loops get a part of its processors. */
const MORE_CORES = 0.2;

let platform: OwnPlatform;
let client: PlacingClient;

beforeAll(async () => {
  platform = await OwnPlatform.create();
  client = new PlacingClient(platform);
});
afterAll(async () => {
  await client.stop();
  await platform.close();
});

/** Where an instance of a service of its own is placed. */
const placed = async (): Promise<string | undefined> => (await client.ask()).node?.name;

/** A loop on each processor, in the control group of the node. What it gives ends them. */
async function keepBusy(node: string): Promise<() => Promise<unknown>> {
  const loops =
    'for n in $(seq $(nproc)); do (while :; do :; done) >/dev/null 2>&1 </dev/null & echo $!; done';
  const processes = (await onNode(node, 'sh', '-c', loops)).split('\n');
  return () => onNode(node, 'kill', ...processes);
}

const usedByOthers = (node: string): number =>
  client.states.get(node)?.lastHour?.others?.cpu.p50 ?? Number.NaN;

let nodes: readonly string[];
/** Of nodes that are equal, the first by name is taken. */
let first: string;
let agent: AppProcess;
let end: (() => Promise<unknown>) | undefined;
afterAll(() => end?.());

it('a busy node is avoided though nothing is reserved on it', async () => {
  nodes = await platform.enrolNodes();
  first = nodes.toSorted()[0]!;
  await platform.start('load-balancer');
  await client.follow();
  expect(await placed()).toBe(first);
  await platform.database.pool.query('UPDATE load_balancer.reservations SET expires_at = now()');

  end = await keepBusy(first);
  agent = await platform.start('agent');
  await until(
    'more load to be measured on it than on any other node',
    () => nodes.every((node) => node === first || usedByOthers(node) + MORE_CORES < usedByOthers(first)),
    { timeoutMs: 120_000 },
  );
  const places = [await placed(), await placed(), await placed()];
  expect(places).not.toContain(first);
  expect(places).not.toContain(undefined);
}, 300_000);

it('it is taken again once its agent has been silent for long', async () => {
  await platform.stop(agent);
  const silentFrom = Math.max(...nodes.map((node) => Date.parse(client.states.get(node)?.observedAt ?? '')));
  await until('its figures to be old', () => Date.now() - silentFrom > AGENT_SILENT_MS + 1_000, SOON);
  expect(await placed()).toBe(first);
});
