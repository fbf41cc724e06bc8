import { expect, it } from 'vitest';
import { openTcp } from './open-tcp.js';

it('a port on which nothing listens was told as a machine that is down', async () => {
  await expect(openTcp('127.0.0.1', 1, 5_000)).rejects.toMatchObject({
    code: 'SSH_UNREACHABLE',
    message: 'Cannot connect to 127.0.0.1:1: nothing listens there.',
  });
});

it('a name that nobody knows was told as a machine that is down', async () => {
  // RFC 2606 keeps this top level for names that never exist.
  await expect(openTcp('node-1.invalid', 22, 5_000)).rejects.toMatchObject({
    code: 'SSH_UNREACHABLE',
    message: 'Cannot connect to node-1.invalid:22: the name node-1.invalid is not known here.',
  });
});
