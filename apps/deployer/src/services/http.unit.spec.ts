import { expect, it } from 'vitest';
import { deployerRoutes, REVISIONS_SHOWN, type SpecRevision } from '#libs/contracts';
import { SpecsController } from './http.js';

it('the spec of a service comes with as many changes as its description says', async () => {
  const asked: number[] = [];
  const specs = new SpecsController({
    history: (_of, most) => {
      asked.push(most);
      return Promise.resolve([{ revision: 1 } as SpecRevision]);
    },
    running: () => Promise.resolve(2),
  });
  const params = { appId: 'shop', service: 'web' };
  expect(await specs.spec({ params, query: undefined, body: undefined })).toMatchObject({ running: 2 });
  expect(asked).toEqual([REVISIONS_SHOWN]);
  expect(deployerRoutes.spec.summary).toContain(`its last ${REVISIONS_SHOWN} changes`);
});
