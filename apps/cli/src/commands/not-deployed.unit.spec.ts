import { expect, it } from 'vitest';
import type { ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { apisOfFile } from './apis.testing.js';
import { open } from './open.js';
import { releases } from './releases.js';
import { listRoutes } from './routes.js';
import { status } from './status.js';

/** Apps that know of nothing. */
const said = apisOfFile((url) => [200, /^\/v1\/(waiting|services)/.test(url) ? [] : { items: [] }]);
const plain = { all: false, history: false, watch: false, interrupted: () => Promise.resolve() };

const commands: Readonly<Record<string, (output: Output) => Promise<ExitCode>>> = {
  open: (output) => open({ appId: 'nope', print: true }, output),
  routes: (output) => listRoutes({ appId: 'nope' }, output),
  releases: (output) => releases({ appId: 'nope' }, output),
  status: (output) => status({ ...plain, appId: 'nope' }, output),
  'status --history': (output) => status({ ...plain, appId: 'nope', history: true }, output),
};

it.each(Object.keys(commands))(
  '%s of an application that nobody knows is an error, as with every command',
  async (name) => {
    await expect(said(commands[name] as (output: Output) => Promise<ExitCode>)).rejects.toMatchObject({
      ...{ code: 'SERVICE_UNKNOWN', exitCode: 1, message: 'Nothing of nope was deployed' },
      next: 'slipway status',
    });
  },
);

it('without a name, nothing is no error', async () => {
  expect((await said((output) => listRoutes({}, output))).code).toBe(0);
  expect((await said((output) => status(plain, output))).code).toBe(0);
});
