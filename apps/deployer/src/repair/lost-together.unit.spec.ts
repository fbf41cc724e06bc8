import { expect, it } from 'vitest';
import { instanceReported } from '#libs/contracts';
import type { RepairAction } from './domain/reconcile.js';
import { withOthersLost } from './lost-together.js';
import type { NodeInstance, WatchedNode } from './ports.js';

const GRACE_MS = 4_000;
const NOW = Date.parse('2026-01-01T00:00:00.000Z');

const instance = (name: string, node: string, more: Partial<NodeInstance> = {}): NodeInstance => ({
  ...{ name, node, container: `c-${name}`, state: 'running', busy: false, taskId: 't/web' },
  ...{ stop: { signal: 'SIGTERM', graceMs: 10 }, appId: 'shop', service: 'web' },
  report: instanceReported.schema.parse(instanceReported.example),
  ...more,
});
const relaunch = (name: string): RepairAction => ({
  ...{ kind: 'relaunch', instance: name, attempt: 1, reason: 'node-lost' },
});
/** Unreachable for so long. */
const silentFor = (ms: number): WatchedNode => ({
  liveness: { state: 'unreachable', since: new Date(NOW - ms).toISOString() },
  ...{ figures: 'none', running: [] },
});
const ALIVE: WatchedNode = {
  liveness: { state: 'alive', since: new Date(0).toISOString() },
  ...{ figures: 'seen', running: [] },
};

/** A look at node-1, which has been lost for `lostMs`; beside it are other nodes. */
async function look(
  instances: readonly NodeInstance[],
  others: Readonly<Record<string, { readonly seen: WatchedNode; readonly has?: readonly NodeInstance[] }>>,
  { lostMs = 0 }: { readonly lostMs?: number } = {},
) {
  const asked: (readonly string[])[] = [];
  const ports = {
    agents: { of: (node: string) => others[node]?.seen, all: () => ['node-1', ...Object.keys(others)] },
    store: {
      async instancesOf(services: readonly { readonly service: string }[], nodes: readonly string[]) {
        asked.push(nodes);
        const names = services.map(({ service }) => service);
        return nodes
          .flatMap((node) => others[node]?.has ?? [])
          .filter(({ service }) => names.includes(service));
      },
    },
    ...{ nodeGraceMs: GRACE_MS, clock: { now: () => new Date(NOW) }, installation: 'us' },
    limits: { attempts: 3, orphanAgeMs: 1_000 },
  };
  const actions = instances.map(({ name }) => relaunch(name));
  const found = await withOthersLost(ports, 'node-1', NOW - lostMs, { instances, actions });
  const names = found.actions.map((action) => ('instance' in action ? action.instance : ''));
  const known = new Set(found.instances.map(({ name }) => name));
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  return { names, asked };
}

it('two lost nodes with one service had their instances started elsewhere one node after the other', async () => {
  const others = { 'node-2': { seen: silentFor(GRACE_MS), has: [instance('b', 'node-2')] } };
  expect((await look([instance('a', 'node-1')], others)).names).toEqual(['a', 'b']);
});

it('a node that falls silent at the same moment is waited for, and the look at it does both', async () => {
  const others = { 'node-2': { seen: silentFor(GRACE_MS - 1_500), has: [instance('b', 'node-2')] } };
  const two = [instance('a', 'node-1'), instance('x', 'node-1', { service: 'other' })];
  expect((await look(two, others)).names).toEqual(['x']);
});

it('no longer than a moment: what was lost before is started elsewhere, whoever falls silent now', async () => {
  const others = { 'node-2': { seen: silentFor(GRACE_MS - 1_500), has: [instance('b', 'node-2')] } };
  expect((await look([instance('a', 'node-1')], others, { lostMs: 1_000 })).names).toEqual(['a']);
  const late = { 'node-2': { seen: silentFor(500), has: [instance('b', 'node-2')] } };
  expect((await look([instance('a', 'node-1')], late)).names).toEqual(['a']);
});

it('what has a request of its own, or is gone already, is left alone', async () => {
  const has = [instance('b', 'node-2', { busy: true }), instance('c', 'node-2', { state: 'abandoned' })];
  const others = { 'node-2': { seen: silentFor(GRACE_MS), has } };
  expect((await look([instance('a', 'node-1')], others)).names).toEqual(['a']);
});

it('nodes that answer are not asked for, nor is anything where nothing is started elsewhere', async () => {
  const others = { 'node-2': { seen: ALIVE, has: [instance('b', 'node-2')] } };
  expect(await look([instance('a', 'node-1')], others)).toEqual({ names: ['a'], asked: [] });
  const silent = { 'node-2': { seen: silentFor(GRACE_MS) } };
  expect(await look([], silent)).toEqual({ names: [], asked: [] });
});
