import { expect, it } from 'vitest';
import { releaseWith } from '../task/domain/task.testing.js';
import { instanceLabels } from './instance.js';

const labelsWith = (config: object) =>
  instanceLabels(
    { appId: 'shop', service: 'web' } as Parameters<typeof instanceLabels>[0],
    releaseWith('r', 1, config),
    { taskId: 't/web', fence: 3n } as Parameters<typeof instanceLabels>[2],
  );

it('the container of an instance says whose it is, and that its peaks are asked for only where they are', () => {
  const whose = {
    ...{ 'slipway.app': 'shop', 'slipway.service': 'web', 'slipway.release': 'r' },
    ...{ 'slipway.task': 't/web', 'slipway.fence': '3' },
  };
  expect(labelsWith({})).toEqual(whose);
  expect(labelsWith({ observe: { cpuPeaks: false } })).toEqual(whose);
  expect(labelsWith({ observe: { cpuPeaks: true } })).toEqual({ ...whose, 'slipway.cpu-peaks': 'true' });
});
