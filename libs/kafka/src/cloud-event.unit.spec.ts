import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { encode } from './cloud-event.js';

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
