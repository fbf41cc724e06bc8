import { describe, expect, it } from 'vitest';
import { availableOf, freeBytesAt } from './free-space.js';

const HEADER = 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n';

describe('free space', () => {
  it('is the available part of what df says, also of a name with blanks and digits', () => {
    expect(availableOf(`${HEADER}/dev/vda         263174212 24601228  72117264      26% /\n`)).toBe(
      72_117_264 * 1024,
    );
    expect(availableOf(`${HEADER}disk 1 2 3         100 40  60      40% /mnt/a 5 6 7 8% b\n`)).toBe(
      60 * 1024,
    );
  });

  it('is none where more than everything is used: root may use what is kept for it', () => {
    expect(availableOf(`${HEADER}/dev/vda 100 104 -4 104% /\n`)).toBe(0);
  });

  it('is not known where df says something else, or the path is not here', async () => {
    expect(availableOf('df: /no: No such file or directory\n')).toBeUndefined();
    expect(await freeBytesAt('/no/such/folder')).toBeUndefined();
    expect(await freeBytesAt('/')).toBeGreaterThan(0);
  });
});
