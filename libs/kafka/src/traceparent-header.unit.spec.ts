import { describe, expect, it } from 'vitest';
import { deploymentReplied } from '#libs/contracts';
import { decode, encode, type OutgoingMessage } from './index.js';

const OF_CLOUD_EVENTS = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OF_W3C = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const { type, topic, example: data } = deploymentReplied;
const message: OutgoingMessage = { topic, type, key: 'k', id: '1', data };

function decoded(headers: Record<string, string>): string | undefined {
  const value = Buffer.from(JSON.stringify(data));
  const record = { key: null, value, headers, offset: '0', timestamp: '0', attributes: 0 };
  return decode({ topic, partition: 0 }, record, [deploymentReplied]).traceparent;
}

describe("a message's trace", () => {
  it('is read from the CloudEvents header, else from the W3C header, whatever its case', () => {
    expect(decoded({ ce_traceparent: OF_CLOUD_EVENTS, traceparent: OF_W3C })).toBe(OF_CLOUD_EVENTS);
    expect(decoded({ Traceparent: OF_W3C })).toBe(OF_W3C);
    expect(decoded({})).toBeUndefined();
  });

  it('is written to the CloudEvents header; that of the sending span wins over that of the stored row', () => {
    const headers = { ce_traceparent: OF_W3C };
    const sent = encode({ ...message, headers, traceparent: OF_CLOUD_EVENTS }, 'test', new Date(0));
    expect(sent.headers['ce_traceparent']).toBe(OF_CLOUD_EVENTS);
    expect(encode({ ...message, headers }, 'test', new Date(0)).headers['ce_traceparent']).toBe(OF_W3C);
    expect(encode(message, 'test', new Date(0)).headers).not.toHaveProperty('ce_traceparent');
  });
});
