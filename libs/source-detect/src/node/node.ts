import type { ServiceConfig } from '#libs/contracts';
import type { Finding, Step, StepsPlan } from '../build-plan.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { emptyPlan, stepOf, versionOf } from '../steps.js';

const CACHE = '/root/.npm';
const MANIFESTS = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json'];

/** A service of Node.js. */
export function nodePlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const manifests = presentOf(tree, MANIFESTS);
  return {
    ...emptyPlan('node'),
    base: { runtime: 'node', version: versionOf(config) },
    manifests,
    install: config.install === undefined ? installOf(manifests) : stepOf(config.install, CACHE),
    build: stepOf(config.build, CACHE),
    runEnv: { NODE_ENV: 'production' },
    command: config.command,
    found,
  };
}

function installOf(manifests: readonly string[]): readonly Step[] {
  if (manifests.length === 0) return [];
  const argv = manifests.length > 1 ? ['npm', 'ci', '--omit=dev'] : ['npm', 'install', '--omit=dev'];
  return stepOf(argv, CACHE);
}
