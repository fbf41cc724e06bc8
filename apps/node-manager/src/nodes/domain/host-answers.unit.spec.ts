import { describe, expect, it } from 'vitest';
import { clockAheadMs, freeBytesIn, listeningPortsIn, modeIn, unchangeableIn } from './host-answers.js';

describe('the free disk', () => {
  const head = 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n';

  it.each([
    ['/dev/vda 264212084 20714788 74786476 22% /\n', 74_786_476 * 1024],
    ['the pool/docker data 1000 900 100 90% /mnt/my disk\n', 100 * 1024],
    ['overlay 0 0 0 - /\n', 0],
  ])('is read from %s', (line, bytes) => {
    expect(freeBytesIn(head + line)).toBe(bytes);
  });

  it.each(['', 'df: /nowhere: No such file or directory', 'Welcome to this machine!'])(
    'is not in %j',
    (text) => {
      expect(freeBytesIn(text)).toBeUndefined();
    },
  );
});

describe('the clock', () => {
  const askedAt = 1_700_000_000_200;
  const answeredAt = askedAt + 50;

  it.each([
    ['1700000000', 0],
    ['1700000005', 4_750],
    ['1699999990\n', -9_201],
    ['', undefined],
    ['date: bad format', undefined],
  ])('that said %j is ahead by %j ms, as far as whole seconds tell', (printed, ahead) => {
    expect(clockAheadMs(printed, askedAt, answeredAt)).toBe(ahead);
  });
});

describe('the ports in use', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n';
  const rest = '00000000:00000000 00:00000000 00000000     0        0 505512 1';

  it('are those that somebody listens on, of both tables, each once', () => {
    const text =
      `${head}   0: 0100007F:3502 00000000:0000 0A ${rest}\n  17: 0100007F:47DD 0100007F:8436 01 ${rest}\n` +
      `${head}   0: 00000000000000000000000000000000:3502 00000000000000000000000000000000:0000 0A ${rest}\n` +
      `   1: 00000000000000000000000000000000:4E20 00000000000000000000000000000000:0000 0A ${rest}\n`;
    expect(listeningPortsIn(text)).toEqual([0x3502, 20_000]);
    expect(listeningPortsIn(head)).toEqual([]);
    expect(listeningPortsIn('This account is not available.')).toBeUndefined();
  });
});

it('the mode of a file is three or four octal digits', () => {
  expect(['660\n', '1777', 'stat: cannot stat', ''].map(modeIn)).toEqual([
    '660',
    '1777',
    undefined,
    undefined,
  ]);
});

it('says which limits cannot be changed, and nothing of what was not probed to its end', () => {
  const probe = 'no disk the login may not write control groups\nno other thing\nprobed\n';
  expect(unchangeableIn(probe)).toEqual({ disk: 'the login may not write control groups' });
  expect(unchangeableIn('probed\n')).toEqual({});
  expect(unchangeableIn('no disk it was cut\n')).toBeUndefined();
  expect(unchangeableIn('')).toBeUndefined();
});
