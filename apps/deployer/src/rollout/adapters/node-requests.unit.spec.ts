import { expect, it } from 'vitest';
import { nodeReleased, nodeRequested, type NodeRequest } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted } from '../../task/domain/task.testing.js';
import { PostgresNodeRequests } from './node-requests.js';

it('a place was asked for before the one in whose stead it comes was given back: a full node had no room for it', () => {
  const request: NodeRequest = {
    ...{ accessToken: 't1:web:0.1', appId: 'shop', service: 'web', avoidNodes: ['node-1'] },
    ...{ resources: { cpu: 1, memoryMiB: 1 }, expiresAt: '2026-01-01T00:00:00.000Z' },
  };
  const messages = new PostgresNodeRequests({} as Pool).messages({
    claim: { taskId: 't1/web', fence: 1n },
    state: foldTask([accepted({})]),
    writes: {
      events: [],
      sides: [
        { kind: 'request-node', request },
        { kind: 'release-node', accessToken: 't1:web:0', portTaken: true },
      ],
    },
  });
  expect(messages.map(({ type, key }) => [type, key])).toEqual([
    [nodeReleased.type, 'shop'],
    [nodeRequested.type, 'shop'],
  ]);
  expect(messages[0]?.data).toEqual({ accessToken: 't1:web:0', appId: 'shop', portTaken: true });
});
