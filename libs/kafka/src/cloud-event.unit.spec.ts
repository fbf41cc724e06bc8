import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue, type MessageDefinition } from '#libs/contracts';
import { decode, encode } from './cloud-event.js';

describe('encode', () => {
  it("writes what CloudEvents' own library reads", () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const data = { token: 'order-1', names: ['Überweg'] };
    const message = {
      topic: 't',
      key: 'shop',
      type: 'io.slipway.asked.v1',
      id: 'order-1',
      data,
      traceparent,
    };
    const { headers, value, key } = encode(message, '/deployer', new Date('2026-01-02T03:04:05.006Z'));
    const event = Kafka.toEvent({ headers, body: value, ...{ key, value } });
    expect(event).toBeInstanceOf(CloudEvent);
    expect(event).toMatchObject({
      id: 'order-1',
      type: 'io.slipway.asked.v1',
      source: '/deployer',
      specversion: '1.0',
      time: '2026-01-02T03:04:05.006Z',
      datacontenttype: 'application/json',
      traceparent,
      data,
    });
  });
});

describe('decode', () => {
  const definition = { ...catalogue[0], schema: z.object({ n: z.number() }) } as MessageDefinition;
  const read = (headers: Record<string, string>) =>
    decode({ topic: 't', partition: 3 }, { value: Buffer.from('{"n":1}'), headers, offset: '7' } as never, [
      definition,
    ]);

  it.each([
    ['a NUL, which no database takes and which blocked the partition', 'a\u0000b'],
    ['more than a key may be long', 'x'.repeat(10_000)],
    ['nothing', ''],
  ])('refuses an id of %s', (_, id) => {
    expect(() => read({ ce_id: id })).toThrow('ce_id: expected');
  });

  it('names a message without an id by its place', () => {
    expect(read({}).id).toBe('t/3/7');
  });
});
