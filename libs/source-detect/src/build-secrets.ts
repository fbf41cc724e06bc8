import { buildSecretProblems, type ServiceConfig } from '#libs/contracts';
import type { BuildPlan, Finding } from './build-plan.js';
import { mountedSecrets } from './dockerfile-stages.js';
import { SourceRefusal } from './refusal.js';
import type { SourceTree } from './source-tree.js';

/**
 * A plan whose steps get the secrets that config.json names for the build.
 * @throws SourceRefusal where no step would use one
 */
export function withBuildSecrets(plan: BuildPlan, tree: SourceTree, config: ServiceConfig): BuildPlan {
  const ids = Object.keys(config.buildSecrets ?? {});
  if (ids.length === 0) return plan;
  const found: readonly Finding[] = [
    ...plan.found,
    { what: `secrets of the build: ${ids.join(', ')}`, by: 'config.json' },
  ];
  switch (plan.kind) {
    case 'dockerfile':
      refuseUnmounted(ids, tree.text(plan.file) ?? '');
      return { ...plan, found };
    case 'steps':
      if (plan.install.length + plan.build.length === 0) throw withoutSteps();
      return { ...plan, secrets: ids, found };
    case 'image':
      return plan;
  }
}

/** Of a runtime that config.json names, reading the file has said it already. */
export function refuseUnfitIds(config: ServiceConfig, runtime: string): void {
  const [problem] = buildSecretProblems(config, runtime);
  if (problem === undefined) return;
  throw new SourceRefusal({
    field: problem.field.join('.'),
    why: problem.expected,
    hint: 'Name the environment variable that the installation or the build reads, such as NPM_TOKEN.',
  });
}

function refuseUnmounted(ids: readonly string[], dockerfile: string): void {
  const mounted = mountedSecrets(dockerfile);
  // What stands in a variable is known to the build alone.
  if (mounted.some((id) => id.includes('$'))) return;
  const unknown = ids.filter((id) => !mounted.includes(id));
  if (unknown.length === 0) return;
  throw new SourceRefusal({
    field: 'buildSecrets',
    why: `no step of the Dockerfile mounts ${unknown.join(', ')}`,
    hint: `Mount it in the step that needs it, such as \`RUN --mount=type=secret,id=${unknown[0]} ...\`, or remove it from buildSecrets.`,
  });
}

const withoutSteps = (): SourceRefusal =>
  new SourceRefusal({
    field: 'buildSecrets',
    why: 'nothing of this source is installed or built, so no step would use them',
    hint: 'Remove the field. A value that the running service needs belongs into secrets.',
  });
