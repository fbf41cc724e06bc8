import { describe, expect, it } from 'vitest';
import type { InstanceReport, NodeRequest, ServiceReply } from '#libs/contracts';
import { EventStore, Outbox, type Pool, WorkQueue } from '#libs/postgres';
import { PostgresReleases } from '../../releases/adapters/releases.js';
import { PostgresTaskRequests } from '../../requests/adapters/task-requests.js';
import { PostgresInstances } from '../../rollout/adapters/instances.js';
import { PostgresNodeRequests } from '../../rollout/adapters/node-requests.js';
import { PostgresRoutes } from '../../routes/adapters/routes.js';
import { PostgresSpecs } from '../../services/adapters/specs.js';
import type { StepWrites } from '../domain/step-writes.js';
import { foldTask } from '../domain/task.state.js';
import { accepted, releaseWith } from '../domain/task.testing.js';
import { settled } from '../timer.testing.js';
import { PostgresTaskStore } from './task-store.js';

/** The statements that a step sends before the database has answered any. */
async function sentAtOnce(writes: StepWrites): Promise<readonly string[]> {
  const sent: string[] = [];
  const client = {
    query: (sql: string | { readonly text: string }) => {
      sent.push((typeof sql === 'string' ? sql : sql.text).trim());
      return new Promise(() => undefined);
    },
  };
  const pool = { connect: () => Promise.resolve(client) } as unknown as Pool;
  const clock = { now: () => new Date(0) };
  const parts = { pool, outbox: new Outbox(), events: new EventStore(), work: new WorkQueue(), clock };
  const releases = new PostgresReleases(pool);
  const instances = new PostgresInstances(parts);
  const nodeRequests = new PostgresNodeRequests(pool);
  const specs = new PostgresSpecs({ pool, clock });
  const routes = new PostgresRoutes(parts);
  const store = new PostgresTaskStore({
    ...{ ...parts, replica: 'one', leaseMs: 1_000, nodeRequests },
    requests: new PostgresTaskRequests(pool, parts.outbox),
    writers: {
      ...{ 'add-release': releases, 'set-current-release': releases, 'release-command-done': releases },
      ...{ 'add-instance': instances, 'remove-instance': instances, 'set-instance-state': instances },
      ...{
        'leave-behind': instances,
        'place-volumes': instances,
        report: instances,
        'request-node': nodeRequests,
        'release-node': nodeRequests,
      },
      ...{ 'keep-login': nodeRequests, 'change-spec': specs, 'repeat-spec': specs, 'end-routes': routes },
    },
  });
  void store.append({ taskId: 't1/web', fence: 1n }, foldTask([accepted({})]), 1, writes);
  await settled();
  return sent;
}

const timed = { ordinal: 0, phase: 'healthy', ms: 1 };
const healthy: StepWrites = { events: [{ type: 'InstanceHealthy', data: timed }] };
const result: ServiceReply = { name: 'web', status: 'running', instances: [], phases: {}, phaseOrder: [] };

describe('a step in the database', () => {
  it('is one round trip, whatever features write with it: all statements are sent at once', async () => {
    const release = releaseWith('r1', 1);
    const report = { instance: 'web-0', appId: 'shop', release: 'r1' } as InstanceReport;
    const sent = await sentAtOnce({
      ...healthy,
      sides: [
        { kind: 'add-release', release },
        { kind: 'set-current-release', release },
        { kind: 'add-instance', report, stop: { signal: 'SIGTERM', graceMs: 1 } },
        { kind: 'leave-behind', report },
        { kind: 'remove-instance', name: 'old' },
        { kind: 'set-instance-state', name: 'web-1', state: 'draining' },
        { kind: 'request-node', request: { accessToken: 'a', appId: 'shop' } as NodeRequest },
        { kind: 'end', result },
      ],
    });
    const about = (part: string): number => sent.filter((sql) => sql.includes(part)).length;
    expect(sent[0]).toBe('BEGIN');
    expect(
      ['work', 'events', 'releases', 'instances', 'node_requests', 'outbox', 'tasks', 'requests'].filter(
        (table) => about(table) === 0,
      ),
    ).toEqual([]);
    expect(about('outbox')).toBe(1);
  });

  it('sends no more statements than it has something to write', async () => {
    expect(await sentAtOnce(healthy)).toHaveLength(4);
  });
});
