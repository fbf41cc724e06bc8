import type { KafkaMessage } from 'kafkajs';
import { expect, it } from 'vitest';
import { deploymentRequested } from '#libs/contracts';
import type { DeadLetters } from './dead-letters.js';
import { SILENT } from './kafka-client.js';
import type { InvalidMessage } from './message-context.js';
import { MessageReader, Refusal } from './message-reader.js';

const { topic, type, example } = deploymentRequested;
const raw = {
  ...{ key: null, value: Buffer.from(JSON.stringify(example)), offset: '7', timestamp: '0', attributes: 0 },
  headers: { ce_id: 'i', ce_type: type, ce_source: 's', ce_specversion: '1.0' },
} as KafkaMessage;

/** Reads a message whose proof throws this; whom it told, and what it kept. */
async function refusedBy(error: Error) {
  const told: InvalidMessage[] = [];
  const kept: string[] = [];
  const deadLetters = { add: (_: number, { offset }: KafkaMessage) => Promise.resolve(kept.push(offset)) };
  const reader = new MessageReader({
    ...{ topic, definitions: [deploymentRequested], logger: SILENT },
    deadLetters: deadLetters as unknown as DeadLetters,
    onInvalid: (invalid) => Promise.resolve(void told.push(invalid)),
    prove: () => Promise.reject(error),
  });
  const refusal = await reader.read(0, raw);
  if (!(refusal instanceof Refusal)) throw new Error('it was read');
  return { refusal, told, kept };
}

it('a bug in the proof of a message held its partition for ever: the third time it is refused', async () => {
  const { refusal, told, kept } = await refusedBy(new TypeError('no such key'));
  for (const tries of [1, 2]) await expect(refusal.settle(tries)).rejects.toThrow('no such key');
  expect(kept).toEqual([]);
  await refusal.settle(3);
  expect([told.length, kept]).toEqual([1, ['7']]);
});

it('a proof that cannot be had now is asked for again, however often', async () => {
  const { refusal, kept } = await refusedBy(new Error('the keys are away'));
  for (const tries of [1, 3, 30]) await expect(refusal.settle(tries)).rejects.toThrow('away');
  expect(kept).toEqual([]);
});
