import { expect, it } from 'vitest';
import { evictionRequested } from './messages/eviction-requested.js';
import { nodeAnswered } from './messages/node-answered.js';
import { nodeWaiting } from './messages/node-waiting.js';

it('that a request waits is no answer without a node to a deployer of before, which reads the topic by its bodies', () => {
  expect(nodeAnswered.schema.safeParse(nodeWaiting.example).success).toBe(false);
});

it('that an instance is to make room is no answer without a node, either', () => {
  expect(nodeAnswered.schema.safeParse(evictionRequested.example).success).toBe(false);
});
