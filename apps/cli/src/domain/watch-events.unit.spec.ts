import { expect, it } from 'vitest';
import { type ServerSentEvent, serverSentEvents } from './watch-events.js';

async function read(...pieces: string[]): Promise<ServerSentEvent[]> {
  async function* stream() {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(stream())) events.push(event);
  return events;
}

const TEXT =
  'retry: 1000\n\nid: 4\nevent: change\ndata: {"a":": b"}\n\n:\nid: 9\n\nid: 10\ndata: one\ndata:two\n\nid: 11\ndata: cut';

it('finds the events of a stream, however it is cut into pieces; what is cut off is none', async () => {
  const whole = await read(TEXT);
  expect(whole).toEqual([
    { id: undefined, event: 'message', data: '' },
    { id: '4', event: 'change', data: '{"a":": b"}' },
    { id: '9', event: 'message', data: '' },
    { id: '10', event: 'message', data: 'one\ntwo' },
  ]);
  expect(await read(...TEXT)).toEqual(whole);
});
