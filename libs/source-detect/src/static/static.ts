import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import { emptyPlan, versionOf } from '../steps.js';

/** A site of files. */
export function staticPlan(_tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  return {
    ...emptyPlan('static'),
    base: { runtime: 'static', version: versionOf(config) },
    site: { folder: '.' },
    found,
  };
}
