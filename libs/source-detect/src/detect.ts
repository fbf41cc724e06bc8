import { type ServiceConfig, unusedFields } from '#libs/contracts';
import type { BuildPlan, Finding } from './build-plan.js';
import { refuseUnfitIds, withBuildSecrets } from './build-secrets.js';
import { dockerfilePlan } from './dockerfile.js';
import { unfetchedFiles } from './git-lfs.js';
import { refuseMissingEntry } from './missing-entry.js';
import { nodePlan } from './node/node.js';
import { olderFormPlan } from './older-form.js';
import { otherRuntimePlan } from './other-runtime.js';
import { pythonPlan } from './python/python.js';
import { SourceRefusal } from './refusal.js';
import { runtimeOf } from './runtime.js';
import type { SourceTree } from './source-tree.js';
import { staticPlan } from './static/static.js';
import { refuseCarriageReturns } from './unreadable-text.js';

/**
 * How a service is built and started, from the files at hand. What config.json says wins. Pure.
 * @throws SourceRefusal where it cannot be served, with the field of config.json that would settle it
 */
export function detect(tree: SourceTree, config: ServiceConfig): BuildPlan {
  if (config.legacy !== undefined) return olderFormPlan(tree, config, config.legacy);
  const runtime = runtimeOf(tree, config);
  refuseUnused(config, runtime.what);
  refuseUnfitIds(config, runtime.what);
  if (config.image !== undefined)
    return {
      kind: 'image',
      image: config.image,
      found: [{ what: `image ${config.image}`, by: 'config.json' }],
    };
  if (runtime.what === 'image') throw withoutImage();
  const detected = detectorOf(runtime.what)(tree, config, [runtime]);
  const plan = { ...detected, found: [...detected.found, ...unfetchedFiles(tree)] };
  refuseCarriageReturns(tree, plan);
  if (config.workdir === undefined) refuseMissingEntry(tree, plan, config.release);
  return withBuildSecrets(plan, tree, config);
}

/** Of a runtime that config.json names, reading the file has said it already. */
function refuseUnused(config: ServiceConfig, runtime: string): void {
  const [unused] = unusedFields(config, runtime);
  if (unused === undefined) return;
  throw new SourceRefusal({
    code: 'CONFIG_INVALID',
    field: unused.field,
    why: unused.expected,
    hint: `Remove the field, or name the runtime that uses it: the files show "${runtime}".`,
  });
}

const withoutImage = (): SourceRefusal =>
  new SourceRefusal({
    field: 'image',
    why: 'the runtime "image" runs what somebody else built, and no image is named',
    hint: 'Name the image, best with its tag.',
    examples: { image: 'nginx:1.28' },
  });

type Detector = (tree: SourceTree, config: ServiceConfig, found: readonly Finding[]) => BuildPlan;

function detectorOf(runtime: string): Detector {
  switch (runtime) {
    case 'dockerfile':
      return dockerfilePlan;
    case 'static':
      return staticPlan;
    case 'python':
      return pythonPlan;
    case 'node':
      return nodePlan;
    default:
      return (tree, config, found) => otherRuntimePlan(tree, config, { runtime, found });
  }
}
