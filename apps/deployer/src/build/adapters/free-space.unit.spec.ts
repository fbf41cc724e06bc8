import { expect, it } from 'vitest';
import { freeBytesAt } from './free-space.js';

it('free space is not known where the path is not here', async () => {
  expect(await freeBytesAt('/no/such/folder')).toBeUndefined();
  expect(await freeBytesAt('/')).toBeGreaterThan(0);
});
