import { z } from 'zod';
import { name } from './names.js';
import { MOST_FOLDERS, writableFolderSchema } from './service-config.container.js';

const volumeSchema = z.strictObject(
  {
    /** Of the service: another service has volumes of its own. */
    name: name('volume name'),
    /** Where it is mounted. */
    path: writableFolderSchema,
  },
  'expected an object such as { "name": "data", "path": "/app/data" }',
);

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** `volumes` of config.json: folders whose content outlives the instance. */
export const volumesSchema = z
  .array(volumeSchema, 'expected a list such as [{ "name": "data", "path": "/app/data" }]')
  .min(1)
  .max(MOST_FOLDERS)
  .refine((volumes) => isDistinct(volumes.map((volume) => volume.name)), 'expected each name once')
  .refine((volumes) => isDistinct(volumes.map(({ path }) => path)), 'expected each path once');

interface OnVolumes {
  readonly volumes?: readonly { readonly path: string }[];
  readonly tmpfs?: readonly string[];
  readonly replicas: number;
}

/** What does not go together with volumes. */
export function volumeProblems({ volumes, tmpfs = [], replicas }: OnVolumes) {
  if (volumes === undefined) return [];
  const many =
    replicas > 1
      ? [{ field: 'replicas', expected: 'expected 1: volumes lie on one node, and one instance uses them' }]
      : [];
  const twice = volumes.some(({ path }) => tmpfs.includes(path))
    ? [{ field: 'tmpfs', expected: 'expected no path of a volume' }]
    : [];
  return [...many, ...twice];
}
