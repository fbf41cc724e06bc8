import type { ServiceConfig } from '#libs/contracts';
import type { DockerfilePlan, Finding } from './build-plan.js';
import { SourceRefusal } from './refusal.js';
import { hasFile, type SourceTree } from './source-tree.js';

/** A source that brings its own Dockerfile. */
export function dockerfilePlan(
  tree: SourceTree,
  _config: ServiceConfig,
  found: readonly Finding[],
): DockerfilePlan {
  if (hasFile(tree, 'Dockerfile')) return { kind: 'dockerfile', file: 'Dockerfile', found };
  throw new SourceRefusal({
    field: 'runtime',
    why: 'it says "dockerfile", and no Dockerfile lies at the root of the source',
    hint: 'Put the Dockerfile beside config.json, or name another runtime.',
  });
}
