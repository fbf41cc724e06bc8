import { describe, expect, it } from 'vitest';
import { instanceReported } from '#libs/contracts';
import { INSTALLATION_LABEL } from '../rollout/domain/labels.js';
import type { SeenContainer } from '../rollout/domain/seen-container.js';
import type { Difference, NodeInstance, WatchedNode } from './ports.js';
import type { Leaving } from './domain/moves.js';
import { reconcileNode, type ReconcilePorts } from './reconcile-node.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const stop = { signal: 'SIGTERM', graceMs: 10 };

const instance = (name: string, more: Partial<NodeInstance> = {}): NodeInstance => ({
  ...{ name, node: 'node-1', container: `c-${name}`, state: 'running', busy: false, taskId: 't/web', stop },
  ...{ appId: 'shop', service: 'web' },
  report: instanceReported.schema.parse(instanceReported.example),
  ...more,
});
const orphan: SeenContainer = {
  ...{ id: 'c-orphan', name: 'orphan', status: 'running', createdAt: 0 },
  labels: { [INSTALLATION_LABEL]: 'us', 'slipway.task': 'ended/web' },
};

interface World {
  readonly containers?: readonly SeenContainer[];
  readonly instances?: readonly NodeInstance[];
  /** Containers that cannot be removed. */
  readonly stuck?: readonly string[];
  readonly unreachableForMs?: number;
  /** Not in the engine's list, but there. */
  readonly unlisted?: readonly SeenContainer[];
  readonly leaving?: Leaving;
  /** What its agent says; nobody watches it otherwise. */
  readonly watched?: WatchedNode;
  /** Of what its agent sees and the record. */
  readonly different?: Difference['kind'];
  readonly mayHaveOrphans?: boolean;
  readonly isAway?: boolean;
}

type Forgotten = Parameters<ReconcilePorts['store']['forget']>;

/** Ports that write down what is asked of them, in its order. */
function fakes(world: World): { readonly ports: ReconcilePorts; readonly calls: string[] } {
  const calls: string[] = [];
  const call = (what: string): void => void calls.push(what);
  const ports: ReconcilePorts = {
    engines: {
      ownContainers() {
        call('list');
        return world.containers === undefined
          ? Promise.reject(new Error('cut off'))
          : Promise.resolve(world.containers);
      },
      container: (_, id) => Promise.resolve(world.unlisted?.find((seen) => seen.id === id)),
      logTail: () => Promise.resolve('the end'),
      restart: async (_, id) => call(`restart ${id}`),
      async stopAndRemove(_, id) {
        if (world.stuck?.includes(id) === true) throw new Error('stuck');
        call(`remove ${id}`);
      },
    },
    store: {
      async instancesOn() {
        call('record');
        return world.instances ?? [];
      },
      instancesOf: async () => [],
      mayHaveOrphans: async () => world.mayHaveOrphans === true,
      openTasks: () => Promise.resolve(new Set()),
      nodeUnreachable: () =>
        Promise.resolve({ since: NOW.getTime() - (world.unreachableForMs ?? 0), isNew: false }),
      nodeLost: async () => call('lost'),
      async nodeReachable(_, isAway) {
        call(isAway ? 'ready after all' : 'ready');
        return true;
      },
      async nodeCleaned(_, since) {
        call(`clean ${since}`);
        return true;
      },
      async countAttempt({ name }) {
        call(`count ${name}`);
        return true;
      },
      async relaunch(lost) {
        call(`relaunch ${lost.map(({ instance: { name } }) => name).join()}`);
        return lost;
      },
      async move({ name }) {
        call(`move ${name}`);
        return true;
      },
      tellHolding: async (_, holding) =>
        holding && call(`holding ${holding.map(({ instance: held }) => held).join()}`),
      forgetNode: async (node) => call(`forget node ${node}`),
      forget: async ({ name }, how) => call(`forget ${name} ${how}`),
      tell: async ({ event }) => call(event),
      reportCrash: async ({ name }) => call(`crash ${name}`),
      reportRestart: async ({ name }) => call(`restarted ${name}`),
    },
    inventory: {
      isAway: () => Promise.resolve(world.isAway === true),
      leaving: () => Promise.resolve(world.leaving),
      allLeaving: () => Promise.resolve(new Set()),
    },
    agents: { of: () => world.watched, all: () => ['node-1'] },
    differences: {
      of: async ([node = '']) => (world.different ? [{ node, kind: world.different, about: 'a' }] : []),
      asked: () => undefined,
    },
    clock: { now: () => NOW },
    ...{ installation: 'us', limits: { attempts: 3, orphanAgeMs: 1_000 }, nodeLostMs: 20_000, answerMs: 50 },
    nodeGraceMs: 4_000,
    goneAnswerMs: 20,
    onGone: (node) => call(`gave up ${node}`),
    onAsked: () => undefined,
    onRepair: ({ event }, error) => void (error !== undefined && call(`${event} failed`)),
    onNode: () => undefined,
    onUntold: (node) => call(`crashes on ${node} untold`),
  };
  return { ports, calls };
}

async function look(world: World): Promise<readonly string[]> {
  const { ports, calls } = fakes(world);
  await reconcileNode(ports, 'node-1');
  return calls;
}

describe('a look at a node', () => {
  it('reads the engine before the record, so that what a task makes meanwhile is known to be its own', async () => {
    expect(await look({ containers: [] })).toEqual(['list', 'record', 'ready']);
  });

  it('calls the node ready only when what is left of its past is gone', async () => {
    const world = { containers: [], instances: [instance('a', { state: 'abandoned' })] };
    expect((await look(world)).slice(-3)).toEqual(['remove c-a', 'forget a removed', 'ready']);
    expect(await look({ ...world, stuck: ['c-a'] })).not.toContain('ready');
  });

  it('a node whose agent had ended before it was cleaned stayed out for ever: it is told that it answers', async () => {
    expect(await look({ containers: [], isAway: true })).toEqual(['list', 'record', 'ready after all']);
  });

  it('does the other repairs when one fails', async () => {
    const world = { containers: [orphan], instances: [instance('a')], stuck: ['c-orphan'] };
    expect(await look(world)).toEqual(expect.arrayContaining(['OrphanRemoved failed', 'relaunch a']));
  });

  it('counts an attempt before it is made', async () => {
    const exited = { ...orphan, id: 'c-a', name: 'a', status: 'exited' };
    const calls = await look({ containers: [exited], instances: [instance('a')] });
    expect(calls.slice(2, 5)).toEqual(['count a', 'restart c-a', 'restarted a']);
  });

  it('tells of an instance that crashes, and goes on repairing where that fails', async () => {
    const crashing = { ...orphan, id: 'c-a', name: 'a', hasJustStarted: true, restartCount: 1 };
    const world = { containers: [crashing], unlisted: [crashing], instances: [instance('a')] };
    const { ports, calls } = fakes(world);
    await reconcileNode(ports, 'node-1');
    expect(calls).toEqual(['list', 'record', 'crash a', 'ready']);
    const engines = { ...ports.engines, container: () => Promise.reject(new Error('cut off')) };
    await reconcileNode({ ...ports, engines }, 'node-1');
    expect(calls.slice(4)).toEqual(['list', 'record', 'crashes on node-1 untold', 'ready']);
  });

  it('does not take an instance from before the labels for gone', async () => {
    const unlisted = [{ ...orphan, id: 'c-a', name: 'a', labels: {} }];
    expect(await look({ containers: [], unlisted, instances: [instance('a')] })).not.toContain('relaunch a');
  });

  it('launches elsewhere what ran on a node that is silent for long, and leaves one that just fell silent', async () => {
    const instances = [instance('a')];
    expect(await look({ instances, unreachableForMs: 19_999 })).toEqual(['list', 'record']);
    expect(await look({ instances, unreachableForMs: 20_000 })).toEqual(['list', 'record', 'relaunch a']);
  });

  it('relaunches what is lost of one service together, so that it starts side by side', async () => {
    const other = instance('c', {
      service: 'worker',
      report: { ...instance('c').report, service: 'worker' },
    });
    const instances = [instance('a'), instance('b'), other];
    const calls = await look({ instances, unreachableForMs: 20_000 });
    expect(calls).toEqual(['list', 'record', 'relaunch a,b', 'relaunch c']);
  });

  it('takes an engine that says nothing for one that does not answer', async () => {
    const { ports, calls } = fakes({ instances: [instance('a')], unreachableForMs: 20_000 });
    const engines = { ...ports.engines, ownContainers: () => new Promise<never>(() => undefined) };
    await reconcileNode({ ...ports, engines }, 'node-1');
    expect(calls).toEqual(['record', 'relaunch a']);
  });

  it('gives up what is out of reach without its container, which is removed when the node answers', async () => {
    const attempts = { count: 3, lastAt: NOW.getTime() - 10_000 };
    const instances = [instance('a', { attempts })];
    expect(await look({ instances, unreachableForMs: 20_000 })).toContain('forget a abandoned');
    expect((await look({ instances, containers: [] })).slice(2, 4)).toEqual([
      'remove c-a',
      'forget a given-up',
    ]);
  });

  it('a NUL or a large line in the log of what is given up stopped the repair or the outbox', async () => {
    const { ports } = fakes({
      instances: [instance('a', { attempts: { count: 3, lastAt: NOW.getTime() - 10_000 } })],
      containers: [],
    });
    const told: unknown[] = [];
    const store = { ...ports.store, forget: async (...[, , { data }]: Forgotten) => void told.push(data) };
    const engines = { ...ports.engines, logTail: () => Promise.resolve(`${'x'.repeat(2e6)}\n\0last`) };
    await reconcileNode({ ...ports, store, engines }, 'node-1');
    expect(told).toMatchObject([{ logTail: expect.stringMatching(/left out\)\nlast$/) as unknown }]);
  });
});

describe('a look at a node that is taken out of service', () => {
  const running = (name: string): SeenContainer => ({ ...orphan, id: `c-${name}`, name });

  it('moves what runs there, and tells what holds the drain up', async () => {
    const instances = [instance('a'), instance('b', { service: 'db', bound: true })];
    const world = { containers: [running('a'), running('b')], instances, leaving: 'draining' } as const;
    expect((await look(world)).slice(-3)).toEqual(['holding a,b', 'move a', 'ready']);
  });

  it('moves nothing and tells nothing while it does not answer', async () => {
    expect(await look({ instances: [instance('a')], leaving: 'draining' })).toEqual(['list', 'record']);
  });

  it('launches elsewhere at once what ran on one that was removed and does not answer, and waits for nothing', async () => {
    const instances = [instance('a'), instance('b', { state: 'abandoned' })];
    expect(await look({ instances, leaving: 'gone' })).toEqual([
      ...['list', 'gave up node-1', 'record', 'relaunch a', 'forget b removed'],
    ]);
  });

  it('moves what runs on one that was removed and answers still', async () => {
    const world = { containers: [running('a')], instances: [instance('a')], leaving: 'gone' } as const;
    expect(await look(world)).toContain('move a');
  });

  it('forgets one that was removed once nothing is left there', async () => {
    expect(await look({ leaving: 'gone' })).toEqual([
      ...['list', 'gave up node-1', 'record', 'forget node node-1'],
    ]);
  });
});

const SINCE = new Date(NOW.getTime() - 4_000).toISOString();
const alive: WatchedNode = { liveness: { state: 'alive', since: SINCE }, figures: 'seen', running: [] };
const unreachable = (forMs: number): WatchedNode => ({
  ...alive,
  liveness: { state: 'unreachable', since: new Date(NOW.getTime() - forMs).toISOString() },
});

describe('a look at a node that an agent watches', () => {
  it.each(['seen', 'gap'] as const)(
    'asks its engine nothing while all is seen as recorded, figures: %s',
    async (figures) => {
      const watched = { ...alive, figures };
      expect(await look({ watched, containers: [], instances: [instance('a')] })).toEqual([]);
    },
  );

  it.each([
    ['what is seen is not what is recorded', { watched: alive, different: 'missing' }],
    ['no figures have come for long', { watched: { ...alive, figures: 'none' } }],
    ['a task ended there, of which something may be left', { watched: alive, mayHaveOrphans: true }],
    ['no agent watches it', {}],
  ] as const)('asks its engine before anything is repaired where %s', async (_, world) => {
    const calls = await look({ ...world, containers: [], instances: [instance('a')] });
    expect(calls.slice(0, 3)).toEqual(['list', 'record', 'relaunch a']);
  });

  it('launches elsewhere what ran on one that is unreachable for longer than its grace, and asks nothing there', async () => {
    const instances = [instance('a')];
    expect(await look({ instances, watched: unreachable(3_999) })).toEqual(['lost', 'record']);
    expect(await look({ instances, watched: unreachable(4_000) })).toEqual(['lost', 'record', 'relaunch a']);
  });

  it('calls nothing unreachable that does not answer itself: that is the agent to say', async () => {
    const world = { watched: alive, different: 'missing', instances: [instance('a')] } as const;
    expect(await look({ ...world, unreachableForMs: 60_000 })).toEqual(['list', 'record']);
  });

  it('removes what is left on one that returned before it is clean, and is clean only once nothing is replaced', async () => {
    const abandoned = instance('a', { state: 'abandoned' });
    const world = { watched: alive, different: 'returned', containers: [] } as const;
    expect((await look({ ...world, instances: [abandoned] })).slice(-3)).toEqual([
      ...['remove c-a', 'forget a removed', `clean ${SINCE}`],
    ]);
    const stuck = ['c-a'];
    expect(await look({ ...world, instances: [abandoned], stuck })).not.toContain(`clean ${SINCE}`);
    const replaced = instance('a', { busy: true, replacing: true });
    expect(await look({ ...world, instances: [replaced] })).not.toContain(`clean ${SINCE}`);
  });

  it('is asked again while it has an orphan that is too young to be removed', async () => {
    const young = { ...orphan, createdAt: NOW.getTime() - 999 };
    const world = { watched: alive, mayHaveOrphans: true };
    const asked = async (containers: readonly SeenContainer[]) =>
      (await reconcileNode(fakes({ ...world, containers }).ports, 'node-1')).asked;
    expect([await asked([young]), await asked([orphan]), await asked([])]).toEqual([false, true, true]);
  });

  it('holds up no drain once all has left', async () => {
    expect(await look({ watched: alive, leaving: 'draining' })).toEqual(['holding ']);
  });
});
