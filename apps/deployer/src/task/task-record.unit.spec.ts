import { describe, expect, it } from 'vitest';
import type { TaskEvent } from './domain/task.events.js';
import { accepted, releaseWith } from './domain/task.testing.js';
import type { StepWrites } from './domain/step-writes.js';
import type { TaskStore } from './ports.js';
import { TaskRecord, type TaskRecordPorts } from './task-record.js';

const release = releaseWith('new', 2);
const survey: StepWrites = { events: [{ type: 'InstancesSurveyed', data: { instances: [] } }] };
const resolved: StepWrites = { events: [{ type: 'ReleaseResolved', data: { release } }] };

const kinds = (events: readonly TaskEvent[]): readonly string[] => events.map(({ type }) => type);

/** The record of a `run` that was just accepted; `store` is told of each transaction, and may refuse it. */
function recordOf(
  store: (version: number, writes: StepWrites) => void = () => undefined,
  onStored?: TaskRecordPorts['onStored'],
) {
  const transactions: { readonly version: number; readonly events: readonly string[] }[] = [];
  const append: TaskStore['append'] = (_claim, _state, version, writes) => {
    transactions.push({ version, events: kinds(writes.events) });
    return Promise.resolve().then(() => store(version, writes));
  };
  const ports = { store: { append } as TaskStore, clock: { now: () => new Date() }, drainMs: 0, onStored };
  const history = { version: 1, events: [accepted({ mode: 'run' })] };
  return { transactions, record: new TaskRecord(ports, { taskId: 't1/web', fence: 1n }, history) };
}

describe('the record of a task', () => {
  it('stores steps that end together in one transaction, with what follows from the last of them', async () => {
    const { record, transactions } = recordOf();
    const [first, second] = await Promise.all([record.append(() => survey), record.append(() => resolved)]);
    expect(kinds(first)).toEqual(['InstancesSurveyed']);
    expect(kinds(second)).toEqual(['ReleaseResolved', 'PlanMade', 'NodeRequested', 'NodeRequested']);
    expect(transactions).toEqual([{ version: 1, events: kinds([...first, ...second]) }]);
    expect(record.state.slots).toHaveLength(2);
  });

  it('stores what ends meanwhile in the next transaction, on the version that the first left', async () => {
    const late: Promise<unknown>[] = [];
    const { record, transactions } = recordOf((version) => {
      if (version === 1) late.push(record.append(() => resolved));
    });
    await record.append(() => survey);
    await Promise.all(late);
    expect(transactions.map(({ version }) => version)).toEqual([1, 2]);
    expect(record.state.plan).toBeDefined();
  });

  it('asks a step what it writes on the state that it is stored on: a refusal told twice is one failure', async () => {
    const { record, transactions } = recordOf();
    const error = { code: 'NO_NODE', message: 'm', hint: 'h' };
    const refused: StepWrites = { events: [{ type: 'StepFailed', data: { step: 'await-node', error } }] };
    const refuse = () => record.append((state) => (state.failure === undefined ? refused : { events: [] }));
    await Promise.all([refuse(), refuse()]);
    expect(transactions.flatMap(({ events }) => events).filter((type) => type === 'StepFailed')).toHaveLength(
      1,
    );
  });

  it('keeps its state when a transaction fails, tells all whose steps were in it, and goes on', async () => {
    let isAway = true;
    const { record, transactions } = recordOf(() => {
      if (isAway) throw new Error('the database is away');
    });
    const both = await Promise.allSettled([record.append(() => survey), record.append(() => resolved)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(record.state.survey).toBeUndefined();
    isAway = false;
    await record.append(() => survey);
    expect(transactions.map(({ version }) => version)).toEqual([1, 1]);
    expect(record.state.survey).toEqual([]);
  });

  it('tells what was stored, and nothing of a transaction that failed', async () => {
    let isAway = true;
    const told: (readonly string[])[] = [];
    const { record } = recordOf(
      () => {
        if (isAway) throw new Error('the database is away');
      },
      (state, events) => told.push([...kinds(events), String(state.survey?.length)]),
    );
    await expect(record.append(() => survey)).rejects.toThrow();
    isAway = false;
    await record.append(() => survey);
    expect(told).toEqual([['InstancesSurveyed', '0']]);
  });

  it('makes no transaction of a step that writes nothing', async () => {
    const { record, transactions } = recordOf();
    expect(await record.append(() => ({ events: [] }))).toEqual([]);
    expect(transactions).toEqual([]);
  });
});
