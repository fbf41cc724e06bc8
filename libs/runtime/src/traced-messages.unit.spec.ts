import { describe, expect, it } from 'vitest';
import { deploymentProgressed, deploymentReplied, instanceReported } from '#libs/contracts';
import type { OutboxRow } from '#libs/postgres';
import { NotPublishedError, type RawRecord, SILENT } from '#libs/kafka';
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
      forward: () => Promise.reject(new Error('there is no dead letter')),
    };
    await publishTraced({ tracing, producer, logger }, rows);
    expect(published).toEqual([
      ['reply', 'another reply'],
      ['healthy', 'succeeded', 'running'],
    ]);
  });

  it('goes on behind a message that no broker takes: a dead letter without its body, and an error that helps', async () => {
    const letters: [string, RawRecord][] = [];
    const said: unknown[] = [];
    const published: string[] = [];
    const producer = {
      publish: (messages: readonly OutboxRow[]) => {
        published.push(...messages.map(({ id }) => id));
        const refused = messages
          .filter(({ id }) => id === 'huge')
          .map((message) => ({ message, bytes: 2e6 }));
        return refused.length === 0 ? Promise.resolve() : Promise.reject(new NotPublishedError(refused, []));
      },
      forward: (topic: string, record: RawRecord) => Promise.resolve(void letters.push([topic, record])),
    };
    const errors = { ...SILENT, error: (...fields: unknown[]) => said.push(fields) };
    const huge = { ...row(deploymentReplied, 'huge'), topic: 'own.replies', data: { token: 'order-1' } };
    const rows = [huge, row(deploymentProgressed, 'healthy')];
    await publishTraced({ tracing, producer, logger: errors }, rows);
    expect(published).toEqual(['huge', 'healthy']);
    expect(letters).toMatchObject([
      [
        'deployment.responses.dead-letter',
        {
          ...{ key: Buffer.from('shop'), value: null },
          headers: {
            'slipway-dead-letter-topic': 'own.replies',
            'slipway-dead-letter-bytes-left-out': '2000000',
          },
        },
      ],
    ]);
    expect(said).toMatchObject([
      [
        {
          topic: 'own.replies',
          token: 'order-1',
          bytes: 2e6,
          hint: expect.stringContaining('max.message.bytes') as unknown,
        },
        expect.stringContaining('too large'),
      ],
    ]);
  });
});
