import { expect, it } from 'vitest';
import { deployerRoutes, REVISIONS_SHOWN, type SpecRevision } from '#libs/contracts';
import { SpecsController } from './http.js';

const at = '2026-01-01T00:00:00.000Z';
const change = { by: 'run', at, token: 't1' };
const limits = { cpu: 1, memoryMiB: 64 };
const first: SpecRevision = {
  ...{ revision: 1, changedAt: at, principal: 'ann', verified: true, token: 't1', reason: null },
  spec: {
    ...{ state: 'running', count: 1, declaredCount: 1, limits, declaredLimits: limits },
    changes: { state: change, release: change, count: change, limits: change },
  },
};

it('the spec of a service comes with as many changes as its description says', async () => {
  const asked: number[] = [];
  const specs = new SpecsController({
    history: (_of, most) => {
      asked.push(most);
      return Promise.resolve([first]);
    },
    running: () => Promise.resolve(2),
  });
  const params = { appId: 'shop', service: 'web' };
  expect(await specs.spec({ params, query: undefined, body: undefined })).toMatchObject({
    running: 2,
    history: [{ revision: 1, change: 'run' }],
  });
  expect(asked).toEqual([REVISIONS_SHOWN]);
  expect(deployerRoutes.spec.summary).toContain(`its last ${REVISIONS_SHOWN} changes`);
});
