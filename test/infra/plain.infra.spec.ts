import { afterAll, beforeAll, it } from 'vitest';
import { deploysOneService, Installation } from './installation.js';

let installation: Installation | undefined;
beforeAll(async () => {
  installation = await Installation.start({ name: 'plain' });
});
afterAll(() => installation?.stop());

/** Where this fails too, the fault is not in the servers of the other files. */
it('deploys a service on the set-up as it is', () => deploysOneService());
