import { expect, it } from 'vitest';
import { eventText, heartbeatText } from './server-sent-event.js';

it('an event is one line of data, whatever the text holds', () => {
  const text = eventText('change', 7, { name: 'a\nb\r\n\u2028' });
  expect(text.split('\n')).toEqual([
    ...['id: 7', 'event: change', 'data: {"name":"a\\nb\\r\\n\u2028"}', '', ''],
  ]);
});

it('a heartbeat says up to which revision there was nothing, where that is known', () => {
  expect([heartbeatText(7), heartbeatText(undefined)]).toEqual([':\nid: 7\n\n', ':\n\n']);
});
