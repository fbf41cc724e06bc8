import type { ServiceConfig } from '#libs/contracts';
import type { StepsPlan } from './build-plan.js';
import { VIRTUAL_ENVIRONMENT } from './python/python.js';
import { presentOf, type SourceTree } from './source-tree.js';
import { emptyPlan, stepOf } from './steps.js';

type OlderForm = NonNullable<ServiceConfig['legacy']>;

/** The older form of config.json: its base image, its working folder, and nothing installed unless it says so. */
export function olderFormPlan(tree: SourceTree, config: ServiceConfig, legacy: OlderForm): StepsPlan {
  const isPython = config.runtime === 'python';
  return {
    ...emptyPlan(config.runtime ?? 'python'),
    base: { image: legacy.baseImage },
    workdir: legacy.workdir,
    ...(isPython ? VIRTUAL_ENVIRONMENT : { runEnv: { NODE_ENV: 'production' } }),
    manifests: presentOf(tree, [legacy.packagesFile]),
    install: stepOf(config.install, isPython ? '/root/.cache/pip' : '/root/.npm'),
    command: config.command,
    found: [{ what: `image ${legacy.baseImage}`, by: 'language of config.json' }],
  };
}
