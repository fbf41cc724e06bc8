import { expect, it } from 'vitest';
import { rescueFrom } from './rescue.js';

/** As HAProxy 2.6.12 writes a stream, in short and whole. */
const line = (id: string, backend: string, server: string): string =>
  `${id}: proto=tcpv4 src=127.0.0.1:46612 fe=requests be=${backend} srv=${server} ts=00 epoch=0 age=1s calls=2`;
const whole = (id: string, { meth = 1, status = -1, retries = 0 }): string =>
  `${id}: [30/Nov/2026:15:30:04.667579] id=0 proto=tcpv4 source=127.0.0.1:46612
  flags=0xc4a, conn_retries=${retries}, conn_exp=<NEVER> conn_et=0x000 srv_conn=0x55c3cf47c6a0, pend_pos=(nil) waiting=0
  backend=least-1 (id=3 mode=http) addr=127.0.0.1:47836
  server=s1 (id=1) addr=127.0.0.1:18112
  txn=0x55c3cf6587a0 flags=0x803000 meth=${meth} status=${status} req.st=MSG_DONE rsp.st=MSG_RPBEFORE`;

const streams: Readonly<Record<string, string>> = {
  '0x01': whole('0x01', {}),
  '0x02': whole('0x02', { meth: 0 }),
  '0x03': whole('0x03', { meth: 2 }),
  // A POST, one that is being answered, one that was rescued once, and one that has just ended.
  '0x04': whole('0x04', { meth: 3 }),
  '0x05': whole('0x05', { status: 200 }),
  '0x06': whole('0x06', { retries: 1 }),
  '0x07': '',
};

it('a request that may be sent again and was not yet is rescued, and no other', async () => {
  const given: string[] = [];
  const api = {
    ask: () =>
      Promise.resolve(
        [
          ...Object.keys(streams).map((id) => line(id, 'least-1', 's1')),
          line('0x08', 'least-1', 's12'),
          line('0x09', 'least-11', 's1'),
          line('0x0a', '<NONE>', '<none>'),
        ].join('\n'),
      ),
    askAll: (commands: readonly string[]) => {
      given.push(...commands.filter((command) => command.startsWith('shutdown')));
      return Promise.resolve(commands.map((command) => streams[command.split(' ')[2] ?? ''] ?? ''));
    },
  };
  expect(await rescueFrom(api, { backend: 'least-1', slot: 1 })).toBe(3);
  expect(given).toEqual(['0x01', '0x02', '0x03'].map((id) => `shutdown session ${id}`));
});
