import { describe, expect, it } from 'vitest';
import { parseDf } from './disk.js';

const HEADER = 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n';
const kib = (used: number, available: number) => ({
  usedBytes: used * 1024,
  availableBytes: available * 1024,
});

describe('a disk', () => {
  it('is what df says, also of a name with blanks and digits', () => {
    expect(parseDf(`${HEADER}/dev/vda         263174212 24601228  72117264      26% /\n`)).toEqual(
      kib(24_601_228, 72_117_264),
    );
    expect(parseDf(`${HEADER}disk 1 2 3         100 40  60      40% /mnt/a 5 6 7 8% b\n`)).toEqual(
      kib(40, 60),
    );
  });

  it('has nothing left where more than everything is used: root may use what is kept for it', () => {
    expect(parseDf(`${HEADER}/dev/vda 100 104 -4 104% /\n`)).toEqual(kib(104, 0));
  });

  it('is not known where df says something else', () => {
    expect(parseDf('df: /no: No such file or directory\n')).toBeUndefined();
  });
});
