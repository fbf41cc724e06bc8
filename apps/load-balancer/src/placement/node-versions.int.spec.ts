import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instanceReported, type NodeAnswer, type NodeRequest } from '#libs/contracts';
import { transaction } from '#libs/postgres';
import { isWhole } from '../../../../test/short-form.js';
import { createPlacement, OVER, placementOfFile, requestOf } from './placement.testing.js';
import type { Placement } from './wire.js';

const { enrol, query, ownPool } = placementOfFile();

let replicas: readonly Placement[];
beforeAll(() => {
  replicas = [1, 2, 3].map(() => createPlacement());
});
afterAll(() => {
  replicas = [];
});

const replica = (index: number): Placement => replicas[index % replicas.length] ?? createPlacement();

async function askOf(index: number, request: NodeRequest): Promise<NodeAnswer> {
  const answer = await transaction(ownPool(), (tx) => replica(index).answer(tx, request));
  if (answer === undefined) throw new Error('the request waits');
  return answer;
}

const report = (index: number, accessToken: string, node: string, state: 'running' | 'stopped') =>
  transaction(ownPool(), (tx) => {
    const example = instanceReported.schema.parse(instanceReported.example);
    return replica(index).follow(tx, { ...example, accessToken, node, state });
  });

const step = fc.record({
  cpu: fc.constantFrom(0.25, 0.5, 1),
  memoryMiB: fc.constantFrom(50, 200, 400),
  service: fc.constantFrom('web', 'db'),
  /** What happens to the instance at once. */
  then: fc.constantFrom('keep', 'run', 'end'),
});

describe('placing without a lock of all', () => {
  it('three replicas at the same time never go over the capacity of a node, nor share a port', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await query('TRUNCATE reservations, node_changes, ports_in_turn, outbox, registry.node_records');
        replicas = [1, 2, 3].map(() => createPlacement());
        await enrol('node-a', { cpus: 1.5, memoryMiB: 900, lastPort: 20_003 });
        await enrol('node-b', { cpus: 2, memoryMiB: 700 });
        await enrol('node-c', { cpus: 1, memoryMiB: 2_000 });
        const outcomes = await Promise.all(
          steps.map(async ({ cpu, memoryMiB, service, then }, index) => {
            const request = requestOf({ resources: { cpu, memoryMiB }, service });
            const { node } = await askOf(index, request);
            if (node === undefined || then === 'keep') return node?.name;
            await report(index + 1, request.accessToken, node.name, 'running');
            if (then === 'end') await report(index + 2, request.accessToken, node.name, 'stopped');
            return node.name;
          }),
        );
        expect((await query(OVER)).rows).toEqual([]);
        expect(outcomes.some((node) => node !== undefined)).toBe(true);
      }),
      { numRuns: isWhole('int') ? 12 : 4 },
    );
  });

  it('what others took meanwhile is found out by the version of the node', async () => {
    await enrol('node-a', { cpus: 1 });
    replicas = [1, 2, 3].map(() => createPlacement());
    const half = { cpu: 0.5, memoryMiB: 10 };
    const ask = async (index: number) => (await askOf(index, requestOf({ resources: half }))).node?.port;
    expect(await ask(0)).toBe(20_000);
    expect(await ask(1)).toBe(20_001);
    expect(await ask(0)).toBeUndefined();
    expect(await ask(2)).toBeUndefined();
  });

  it('a placing that was rolled back holds nothing', async () => {
    await enrol('node-a', { cpus: 0.5 });
    replicas = [createPlacement()];
    const failed = transaction(ownPool(), async (tx) => {
      await replica(0).answer(tx, requestOf());
      throw new Error('the process ended here');
    });
    await expect(failed).rejects.toThrow('ended here');
    expect((await askOf(0, requestOf())).node?.name).toBe('node-a');
  });

  it('a placing waits for none that places on another node', async () => {
    await enrol('node-a', { cpus: 2 });
    await enrol('node-b', { cpus: 1 });
    replicas = [createPlacement(), createPlacement()];
    await transaction(ownPool(), async (tx) => {
      expect((await replica(0).answer(tx, requestOf()))?.node?.name).toBe('node-a');
      // The other one's best node is the same, and that is taken at this moment.
      expect((await askOf(1, requestOf())).node?.name).toBe('node-b');
    });
  });
});
