import { describe, expect, it } from 'vitest';
import { deploymentProgressed, deploymentReplied, instanceReported } from '#libs/contracts';
import type { OutboxRow } from '#libs/postgres';
import { createLogger, startTracing } from '#libs/telemetry';
import { publishTraced } from './traced-messages.js';

const logger = createLogger({ app: 'test', replica: 'test-1', level: 'silent' });
const tracing = await startTracing({ service: 'test', replica: 'test-1', env: {}, logger });

const row = ({ topic, type }: { topic: string; type: string }, id: string): OutboxRow => ({
  ...{ topic, type, id, key: 'shop', data: {}, headers: {} },
});

describe('the outbox', () => {
  it('leaves with what somebody waits for first, and otherwise as it was written', async () => {
    const published: string[][] = [];
    const rows = [
      row(deploymentProgressed, 'healthy'),
      row(deploymentProgressed, 'succeeded'),
      row(instanceReported, 'running'),
      row(deploymentReplied, 'reply'),
      row(deploymentReplied, 'another reply'),
    ];
    const producer = {
      publish: (messages: readonly { readonly id?: string }[]) => {
        published.push(messages.map(({ id = '' }) => id));
        return Promise.resolve();
      },
    };
    await publishTraced(tracing, producer, rows);
    expect(published).toEqual([
      ['reply', 'another reply'],
      ['healthy', 'succeeded', 'running'],
    ]);
  });
});
