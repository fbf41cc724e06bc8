import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { encodeBatch } from '#libs/testing';
import './kafkajs-record-sets.js';

interface Response {
  decode(bytes: Buffer): Promise<{ responses: { partitions: { messages: { value: Buffer }[] }[] }[] }>;
}
type FetchVersions = Record<string, unknown> & {
  readonly versions: readonly string[];
  protocol(of: { version: number }): (of: { topics: []; maxWaitTime: number }) => { response: Response };
};
const fetches = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/fetch/index.js',
) as FetchVersions;

const int = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, Math.max(0, bytes - 6), Math.min(6, bytes));
  return buffer;
};

/** One partition of one topic, with what each version adds. */
function response(version: number, records: Buffer): Buffer {
  const none = int(4, -1);
  return Buffer.concat([
    int(4, 0),
    ...(version >= 7 ? [int(2, 0), int(4, 0)] : []),
    ...[int(4, 1), int(2, 1), Buffer.from('t'), int(4, 1)],
    ...[int(4, 0), int(2, 0), int(8, 1), int(8, 1)],
    ...(version >= 5 ? [int(8, 0)] : []),
    none,
    ...(version >= 11 ? [none] : []),
    ...[int(4, records.length), records],
  ]);
}

it.each([4, 5, 6, 7, 8, 9, 10, 11])(
  'a response of fetch, version %i, is read by us: every codec, and what no codec can read',
  async (version) => {
    const good = encodeBatch({ codec: 'snappy', records: [{ value: Buffer.from('x') }] });
    const bad = encodeBatch({ attributes: 6, records: [{ value: Buffer.from('x') }], baseOffset: 1n });
    const fetch = fetches.protocol({ version })({ topics: [], maxWaitTime: 1 });
    const { responses } = await fetch.response.decode(response(version, Buffer.concat([good, bad])));
    const [first, second] = responses[0]?.partitions[0]?.messages ?? [];
    expect(String(first?.value)).toBe('x');
    expect(second).toMatchObject({ value: bad, unreadable: { reason: 'codec 6 is not known' } });
  },
);

it('no version is newer than those', () => {
  expect(Math.max(...fetches.versions.map(Number))).toBe(11);
});
