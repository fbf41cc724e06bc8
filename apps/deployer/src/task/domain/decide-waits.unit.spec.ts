import { expect, it } from 'vitest';
import { decideAnswer, ownRoom } from './decide-waits.js';
import { accepted } from './task.testing.js';
import { foldTask } from './task.state.js';

interface Refusal {
  readonly node: string;
  readonly reason: string;
}

const errorOf = (refusals: Refusal[]) => {
  const answer = { accessToken: 't1:web:0', appId: 'shop', service: 'web', refusals };
  const state = foldTask([accepted({ mode: 'run' })]);
  const effect = { kind: 'await-node', ordinal: 0, accessToken: 't1:web:0' } as const;
  const [event] = decideAnswer(effect, state, answer, new Date(0)).events;
  return event?.type === 'StepFailed' ? event.data.error : undefined;
};
const messageOf = (refusals: Refusal[]): string => errorOf(refusals)?.message ?? '';
const refusedBy = (count: number): string =>
  messageOf(Array.from({ length: count }, (_, n) => ({ node: `node-${n}`, reason: 'needs 1 cpu' })));

it('500 nodes that do not fit stopped the outbox: twenty are named, and how many more there are', () => {
  const message = refusedBy(500);
  expect(message).toMatch(/node-19: needs 1 cpu; and 480 more\.$/);
  expect(Buffer.byteLength(message)).toBeLessThan(1_000);
});

it('names each of a few', () => {
  expect(refusedBy(2)).toMatch(/node-0: needs 1 cpu; node-1: needs 1 cpu\.$/);
});

it.each<[Refusal[], string]>([
  [[], 'No node fits web. No node is enrolled.'],
  [
    [{ node: 'node-1', reason: 'not enough CPU: needed 1, used 1.8 of 2 cores' }],
    'No node fits web. node-1: not enough CPU: needed 1, used 1.8 of 2 cores.',
  ],
])('a service that fits no node says why, in whole sentences: %j', (refusals, message) => {
  expect(messageOf(refusals)).toBe(message);
});

it('the hint names the command that explains the refusal', () => {
  expect(errorOf([])?.hint).toMatch(/: slipway placement explain t1:web:0$/);
});

it('what says why no node fits was cut to the limit of the whole message: the whole is within it', () => {
  const message = messageOf([{ node: 'node-1', reason: 'x'.repeat(9_000) }]);
  expect(message).toMatch(/^No node fits web\. node-1: x+\.\.\. \(\d+ bytes more\)$/);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8_192);
});

it('the room that a request has reserved itself is named by node, of at most twenty', () => {
  const state = foldTask([accepted({ mode: 'run' })]);
  const slot = (ordinal: number) => ({
    ...{ ordinal, pulled: false, healthy: false },
    node: { name: `node-${ordinal % 30}`, address: '10.0.0.9', port: 1, score: 1 },
  });
  const roomOf = (count: number) =>
    ownRoom({ ...state, slots: Array.from({ length: count }, (_, n) => slot(n)) });
  expect(roomOf(0)).toEqual([]);
  expect(roomOf(1)).toEqual([
    'Of what is used, this request itself has reserved room for 1 instance: 1 on node-0.',
  ]);
  expect(roomOf(31)[0]).toMatch(/for 31 instances: 2 on node-0, 1 on node-1, .*, and 10 more\.$/);
});
