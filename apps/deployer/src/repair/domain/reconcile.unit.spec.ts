import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconcile, type NodeView, type RecordedInstance, type RepairAction } from './reconcile.js';
import { backoffMs } from './backoff.js';
import { INSTALLATION_LABEL } from '../../rollout/domain/labels.js';
import type { SeenContainer } from '../../rollout/domain/seen-container.js';

const NOW = 1_000_000_000;
const limits = { attempts: 10, orphanAgeMs: 60_000 };

const view = (more: Partial<NodeView>): NodeView => ({
  now: NOW,
  installation: 'us',
  instances: [],
  containers: [],
  lost: false,
  openTasks: new Set(),
  ...more,
});
const instance = (more: Partial<RecordedInstance> = {}): RecordedInstance => ({
  ...{ name: 'a', container: 'c-a', state: 'running', busy: false, appId: 'shop', service: 'web' },
  ...more,
});
const container = (more: Partial<SeenContainer> = {}): SeenContainer => ({
  ...{ id: 'c-a', name: 'a', status: 'running', createdAt: NOW - 600_000 },
  labels: { [INSTALLATION_LABEL]: 'us', 'slipway.task': 't/web' },
  ...more,
});
const attempts = (count: number, agoMs: number) => ({ count, lastAt: NOW - agoMs });

describe('containers of which nothing is known', () => {
  const seen = (more: Partial<SeenContainer> = {}, openTasks: string[] = []) =>
    reconcile(view({ containers: [container(more)], openTasks: new Set(openTasks) }), limits);

  it('are removed once their task has ended and they are old enough', () => {
    expect(seen()).toEqual([{ kind: 'remove-orphan', container: container() }]);
    expect(seen({}, ['t/web'])).toEqual([]);
    expect(seen({ createdAt: NOW - 59_999 })).toEqual([]);
    expect(seen({ status: 'removing' })).toEqual([]);
  });

  it.each([
    ['of another installation', { [INSTALLATION_LABEL]: 'them', 'slipway.task': 't/web' }],
    ['without an installation', { 'slipway.task': 't/web' }],
    ['without a task', { [INSTALLATION_LABEL]: 'us' }],
    ['without any label', {}],
  ])('%s are not touched', (_, labels) => {
    expect(seen({ labels })).toEqual([]);
  });
});

describe('an instance that should run', () => {
  const kinds = (known: Partial<RecordedInstance>, containers: NodeView['containers'], lost = false) =>
    reconcile(view({ instances: [instance(known)], containers, lost }), limits).map(({ kind }) => kind);

  it.each(['running', 'paused', 'removing'])('is left alone while it is %s', (status) => {
    expect(kinds({}, [container({ status })])).toEqual([]);
  });

  it.each(['exited', 'created'])(
    'is started where it is when it is %s, and launched anew the next time',
    (status) => {
      expect(kinds({}, [container({ status })])).toEqual(['restart']);
      expect(kinds({ attempts: attempts(1, 1_000) }, [container({ status })])).toEqual(['relaunch']);
    },
  );

  it('is not given up for want of a node: those tries wait longer and longer, but do not count', () => {
    const tried = (uncounted: number, agoMs: number) => ({
      attempts: { count: limits.attempts - 1, uncounted, lastAt: NOW - agoMs },
    });
    expect(kinds(tried(50, 300_000), [])).toEqual(['relaunch']);
    expect(kinds(tried(50, 299_999), [])).toEqual([]);
    const first = (uncounted: number, agoMs: number) => ({
      attempts: { count: 0, uncounted, lastAt: NOW - agoMs },
    });
    expect(kinds(first(3, backoffMs(3) - 1), [])).toEqual([]);
    expect(kinds(first(3, backoffMs(3)), [])).toEqual(['relaunch']);
  });

  it('is launched anew when its container is gone or cannot start', () => {
    expect(kinds({}, [])).toEqual(['relaunch']);
    expect(kinds({}, [container({ status: 'dead' })])).toEqual(['relaunch']);
  });

  it('is launched anew when somebody has put another container of its name in its place', () => {
    expect(kinds({}, [container({ id: 'c-other' })])).toEqual(['relaunch']);
  });

  it('is launched elsewhere once its node is lost, and not before', () => {
    expect(kinds({}, undefined)).toEqual([]);
    expect(kinds({}, undefined, true)).toEqual(['relaunch']);
  });

  it('is left to the task that is under way for its service', () => {
    expect(kinds({ busy: true }, [])).toEqual([]);
    expect(kinds({ busy: true }, undefined, true)).toEqual([]);
  });

  it('is not brought back while it is being drained', () => {
    expect(kinds({ state: 'draining' }, [])).toEqual([]);
  });

  it('waits 1 s after the first attempt, twice as long after each further one, and 5 min at most', () => {
    expect([1, 2, 3, 9, 10, 30].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    expect(kinds({ attempts: attempts(3, 3_999) }, [])).toEqual([]);
    expect(kinds({ attempts: attempts(3, 4_000) }, [])).toEqual(['relaunch']);
  });

  it('is given up after the last attempt, also where its engine makes them', () => {
    const last = { attempts: attempts(10, 300_000) };
    expect(kinds(last, [])).toEqual(['give-up']);
    expect(kinds(last, [container({ status: 'restarting' })])).toEqual(['give-up']);
    expect(kinds(last, [container()])).toEqual([]);
    expect(kinds({}, [container({ status: 'restarting' })])).toEqual(['count-crash']);
  });

  it('is given up with the last reason', () => {
    const error = { code: 'PULL_FAILED', message: 'no space left on device' };
    const last = instance({ attempts: { ...attempts(10, 300_000), error } });
    expect(reconcile(view({ instances: [last] }), limits)).toEqual([
      { kind: 'give-up', instance: 'a', attempts: 10, error },
    ]);
  });

  it('is counted anew when it ran well for ten minutes', () => {
    expect(reconcile(view({ instances: [instance({ attempts: attempts(10, 600_001) })] }), limits)).toEqual([
      { kind: 'relaunch', instance: 'a', attempt: 1, reason: 'container-gone' },
    ]);
  });
});

it('what was abandoned is removed when its node answers', () => {
  const abandoned = { instances: [instance({ state: 'abandoned', busy: true })] };
  expect(reconcile(view({ ...abandoned, containers: undefined }), limits)).toEqual([]);
  expect(reconcile(view({ ...abandoned, containers: [container()] }), limits)).toEqual([
    { kind: 'remove-abandoned', instance: 'a' },
  ]);
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const anyInstance = fc.record({
  name,
  state: fc.constantFrom<RecordedInstance['state'][]>('running', 'draining', 'abandoned'),
  attempts: fc.option(fc.record({ count: fc.nat(12), lastAt: fc.nat(NOW) }), { nil: undefined }),
  busy: fc.boolean(),
  bound: fc.boolean(),
});
const anyContainer = fc.record({
  id: name.map((text) => `c-${text}`),
  status: fc.constantFrom('created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'),
  createdAt: fc.nat(NOW),
  labels: fc.dictionary(
    fc.constantFrom(INSTALLATION_LABEL, 'slipway.task'),
    fc.constantFrom('us', 'them', 't1/web', 't2/web'),
  ),
});
const anyView: fc.Arbitrary<NodeView> = fc.record({
  now: fc.constant(NOW),
  installation: fc.constant('us'),
  instances: fc
    .uniqueArray(anyInstance, { selector: (known) => known.name })
    .map((list) =>
      list.map((known) => ({ ...known, container: `c-${known.name}`, appId: 'shop', service: known.name })),
    ),
  containers: fc.option(
    fc
      .uniqueArray(anyContainer, { selector: ({ id }) => id })
      .map((list) => list.map((seen) => ({ ...seen, name: `n-${seen.id}` }))),
    { nil: undefined },
  ),
  lost: fc.boolean(),
  leaving: fc.constantFrom(undefined, 'draining', 'gone'),
  openTasks: fc.subarray(['t1/web', 't2/web']).map((ids) => new Set(ids)),
});

/** What the world and the record are once an action went well. */
function applied(before: NodeView, action: RepairAction): NodeView {
  const { instances, containers } = before;
  const without = (gone: string) => containers?.filter(({ id }) => id !== gone);
  if (action.kind === 'remove-orphan') return { ...before, containers: without(action.container.id) };
  const others = instances.filter((known) => known.name !== action.instance);
  const own = `c-${action.instance}`;
  switch (action.kind) {
    case 'restart':
      return {
        ...before,
        containers: containers?.map((seen) => (seen.id === own ? { ...seen, status: 'running' } : seen)),
      };
    case 'count-crash':
      return {
        ...before,
        instances: instances.map((known) =>
          known.name === action.instance
            ? { ...known, attempts: { count: action.attempt, lastAt: NOW } }
            : known,
        ),
      };
    default:
      return { ...before, instances: others, containers: without(own) };
  }
}

describe('whatever a node has', () => {
  it('nothing is done to a stranger, to a task under way, or twice to one', () => {
    fc.assert(
      fc.property(anyView, (any) => {
        const actions = reconcile(any, limits);
        for (const action of actions) {
          if (action.kind !== 'remove-orphan') {
            expect(any.instances.map((known) => known.name)).toContain(action.instance);
            continue;
          }
          const { labels, id } = action.container;
          expect(labels[INSTALLATION_LABEL]).toBe('us');
          expect(any.openTasks.has(labels['slipway.task'] ?? '')).toBe(false);
          expect(any.instances.map((known) => known.container)).not.toContain(id);
        }
        const subjects = actions.map((action) =>
          action.kind === 'remove-orphan' ? action.container.id : `c-${action.instance}`,
        );
        expect(new Set(subjects).size).toBe(subjects.length);
      }),
      { numRuns: 200 },
    );
  });

  it('what died on a node that is drained comes back elsewhere, and what is bound to it where it is', () => {
    const died = (bound: boolean) =>
      reconcile(
        view({
          instances: [instance({ bound })],
          containers: [container({ status: 'exited' })],
          leaving: 'draining',
        }),
        limits,
      ).map(({ kind }) => kind);
    expect([died(false), died(true)]).toEqual([['relaunch'], ['restart']]);
  });

  it('nothing is killed for a drain, nor moved where none is asked for', () => {
    fc.assert(
      fc.property(anyView, (any) => {
        const moved = reconcile(any, limits).filter(({ kind }) => kind === 'move');
        if (any.leaving === undefined || any.containers === undefined) expect(moved).toEqual([]);
        const ends = (leaving: NodeView['leaving']) =>
          reconcile({ ...any, leaving }, limits).filter(({ kind }) => kind === 'give-up');
        expect(ends('draining')).toEqual(ends(undefined));
      }),
    );
  });

  it('once all is done there is nothing more to do', () => {
    fc.assert(
      fc.property(anyView, (any) => {
        const after = reconcile(any, limits).reduce(applied, any);
        expect(reconcile(after, limits)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
