import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue, type MessageDefinition } from '#libs/contracts';
import { bytesOf, decode, encode, headersOf, LARGEST_MESSAGE_BYTES, Tombstone } from './cloud-event.js';

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

  it('of a message of many megabytes, which a codec makes small, only says how large it is', () => {
    const value = Buffer.alloc(LARGEST_MESSAGE_BYTES, 32);
    const large = { key: Buffer.from('k'), value, headers: {}, offset: '7' } as never;
    expect(() => decode({ topic: 't', partition: 3 }, large, [definition])).toThrow(
      `the message has ${LARGEST_MESSAGE_BYTES + 1} bytes, expected at most ${LARGEST_MESSAGE_BYTES}`,
    );
  });
});

describe('a message without a body', () => {
  const definition = { ...catalogue[0], schema: z.object({ n: z.number() }) } as MessageDefinition;
  const read = (key: Buffer | null, tombstones?: boolean) =>
    decode(
      { topic: 't', partition: 3 },
      { key, value: null, headers: {}, offset: '7' } as never,
      [definition],
      {
        tombstones,
      },
    );

  it('is a tombstone of what its key names, where its topic has them', () => {
    const read7 = read(Buffer.from('node-1'), true);
    expect(read7).toMatchObject({ id: 't/3/7', type: definition.type, key: 'node-1' });
    expect(read7.data).toBeInstanceOf(Tombstone);
    expect(read7.data).toEqual({ key: 'node-1' });
  });

  it('is refused where its topic has none, and where it has no key either', () => {
    expect(() => read(Buffer.from('node-1'))).toThrow('the message has no body');
    expect(() => read(null, true)).toThrow('the message has neither a key nor a body');
  });
});

describe('headers', () => {
  it('without a value, which blocked the partition, are as if they were not there', () => {
    const headers = { a: null, b: [Buffer.from('1'), null], c: Buffer.from('2') } as never;
    expect(headersOf({ headers })).toEqual({ c: '2' });
  });

  it('count for the size of a message, however they come', () => {
    const headers = { ab: [Buffer.from('123'), null], c: Buffer.from('4') } as never;
    expect(bytesOf({ key: null, value: null, headers })).toBe(7);
  });
});
