import { describe, expect, it } from 'vitest';
import { DeadLetters } from './dead-letters.js';
import { SILENT } from './kafka-client.js';

interface Letter {
  readonly topic: string;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
  readonly partition?: number;
}

/** A broker that takes so many bytes. */
function lettersUpTo(mostBytes: number) {
  const sent: Letter[] = [];
  const producer = {
    forward(topic: string, { value, headers, partition }: Omit<Letter, 'topic'>): Promise<void> {
      if ((value?.length ?? 0) > mostBytes)
        return Promise.reject(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
      sent.push({ topic, value, headers, partition });
      return Promise.resolve();
    },
  };
  return {
    sent,
    letters: new DeadLetters({ topic: 'requests', name: 'requests', producer, logger: SILENT }),
  };
}

const batch = { reason: 'zstd: no', baseOffset: '7', lastOffset: '9' };
const about = {
  'slipway-dead-letter-reason': 'zstd: no',
  'slipway-dead-letter-topic': 'requests',
  'slipway-dead-letter-partition': '2',
  'slipway-dead-letter-offset': '7',
  'slipway-dead-letter-last-offset': '9',
};

describe('a batch among the dead letters', () => {
  it('has its bytes, and where it stood', async () => {
    const { sent, letters } = lettersUpTo(10);
    await letters.addBatch(2, Buffer.from('abcde'), batch);
    expect(sent).toEqual([
      {
        topic: 'requests.dead-letter',
        value: Buffer.from('abcde'),
        partition: 2,
        headers: { ...about, 'content-type': 'application/vnd.apache.kafka.record-batch' },
      },
    ]);
  });

  it('that is too large with these headers keeps its bytes, in two parts', async () => {
    const { sent, letters } = lettersUpTo(4);
    await letters.addBatch(2, Buffer.from('abcde'), batch);
    expect(sent.map(({ value }) => String(value))).toEqual(['abc', 'de']);
    expect(sent.map(({ headers }) => headers['slipway-dead-letter-part'])).toEqual(['1/2', '2/2']);
    for (const { headers } of sent) expect(headers).toMatchObject(about);
  });

  it('that is too large for that too says how much is left out', async () => {
    const { sent, letters } = lettersUpTo(2);
    await letters.addBatch(2, Buffer.from('abcde'), batch);
    expect(sent.map(({ value }) => value && String(value))).toEqual([null, 'de']);
    expect(sent[0]?.headers['slipway-dead-letter-bytes-left-out']).toBe('3');
  });

  it('holds its partition while the broker does not take it', async () => {
    const producer = { forward: () => Promise.reject(new Error('away')) };
    const letters = new DeadLetters({ topic: 'requests', name: 'requests', producer, logger: SILENT });
    await expect(letters.addBatch(2, Buffer.from('abcde'), batch)).rejects.toThrow('away');
    expect(letters.hadSinceLastCommit(2)).toBe(false);
  });
});
