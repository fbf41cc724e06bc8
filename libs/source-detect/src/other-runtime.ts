import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from './build-plan.js';
import { SourceRefusal } from './refusal.js';
import type { SourceTree } from './source-tree.js';
import { emptyPlan, stepOf, versionOf } from './steps.js';

interface OtherRuntime {
  /** A name in BASE_IMAGES, such as `go`. */
  readonly runtime: string;
  readonly found: readonly Finding[];
}

/**
 * A service of any other runtime that has a base image: config.json says how it is installed, built and started.
 * @throws SourceRefusal without a command, since a base image starts a shell, which ends
 */
export function otherRuntimePlan(
  _tree: SourceTree,
  config: ServiceConfig,
  { runtime, found }: OtherRuntime,
): StepsPlan {
  if (config.command === undefined)
    throw new SourceRefusal({
      field: 'command',
      why: `nothing is found out of how a service in ${runtime} starts`,
      hint: 'Write what starts it into command, and what makes it into build: "build": ["go", "build", "-o", "server", "."] and "command": ["./server"], as an example.',
    });
  return {
    ...emptyPlan(runtime),
    base: { runtime, version: versionOf(config) },
    installNeedsSource: config.install !== undefined,
    install: stepOf(config.install),
    build: stepOf(config.build),
    command: config.command,
    found,
  };
}
