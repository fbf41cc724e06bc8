import type { ServiceConfig } from '#libs/contracts';
import type { DockerfilePlan, Finding } from './build-plan.js';
import { declaredArgs, isStage, stagesOf } from './dockerfile-stages.js';
import { refuseExposed } from './port.js';
import { SourceRefusal } from './refusal.js';
import { dockerfileIn, dockerfilesOf } from './dockerfile-name.js';
import { hasFile, type SourceTree } from './source-tree.js';
import { refuseMarked } from './unreadable-text.js';

/**
 * A source that brings its own Dockerfile.
 * @throws SourceRefusal where there is none, or it has no such stage or build argument
 */
export function dockerfilePlan(
  tree: SourceTree,
  config: ServiceConfig,
  found: readonly Finding[],
): DockerfilePlan {
  const { target, args = {} } = config;
  const file = dockerfileIn(tree, config);
  if (file === undefined || !hasFile(tree, file)) throw withoutDockerfile(tree, config);
  refuseMarked(tree, file, { tool: 'a builder', cannotRead: ['utf-16'], field: 'dockerfile' });
  const text = tree.text(file) ?? '';
  const stages = stagesOf(text);
  if (target !== undefined && !isStage(stages, target)) throw withoutStage(stages, target);
  refuseExposed(text, config);
  const declared = declaredArgs(text);
  const unknown = Object.keys(args).filter((name) => !declared.has(name) && !PREDEFINED.test(name));
  if (unknown.length > 0) throw undeclared(unknown);
  const own = config.dockerfile === undefined ? [] : [{ what: file, by: 'config.json' }];
  const stage = target === undefined ? [] : [{ what: `stage ${target}`, by: 'config.json' }];
  return {
    kind: 'dockerfile',
    file,
    ...(target !== undefined && { target }),
    args,
    found: [...found, ...own, ...stage],
  };
}

/** Arguments that every build has. */
const PREDEFINED = /^(?:(?:https?|ftp|no|all)_proxy|BUILDKIT_\w+|SOURCE_DATE_EPOCH)$/i;

const undeclared = (names: readonly string[]): SourceRefusal =>
  new SourceRefusal({
    field: 'args',
    why: `the Dockerfile declares no build argument ${names.join(', ')}`,
    hint: 'Declare it in the Dockerfile, with a line such as `ARG NAME` in the stage that uses it, or remove it from args.',
  });

function withoutStage(stages: readonly (string | undefined)[], target: string): SourceRefusal {
  const names = stages.filter((name) => name !== undefined).map((name) => `"${name}"`);
  return new SourceRefusal({
    field: 'target',
    why: `the Dockerfile has no stage "${target}"; ${names.length === 0 ? 'none of its stages has a name' : `it has ${names.join(', ')}`}`,
    hint: 'Name one of its stages, or leave target out for the last one.',
  });
}

function withoutDockerfile(tree: SourceTree, { dockerfile }: ServiceConfig): SourceRefusal {
  const [other] = dockerfilesOf(tree);
  const why =
    dockerfile === undefined
      ? 'the runtime is "dockerfile", and no Dockerfile lies at the root of the source'
      : 'no such file is in the source';
  if (other !== undefined)
    return new SourceRefusal({
      field: 'dockerfile',
      why,
      hint: 'Name the Dockerfile that is built.',
      examples: { dockerfile: other },
    });
  return new SourceRefusal({
    field: dockerfile === undefined ? 'runtime' : 'dockerfile',
    why,
    hint: 'Put the Dockerfile beside config.json, or name another runtime.',
  });
}
