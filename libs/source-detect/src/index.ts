export type {
  BaseWish,
  BuildPlan,
  DockerfilePlan,
  Finding,
  Site,
  Step,
  StepsPlan,
  VersionWish,
} from './build-plan.js';
export { findingsText } from './build-plan.js';
export { detect } from './detect.js';
export { portOf } from './port.js';
export { runtimeOf } from './runtime.js';
export { SourceRefusal } from './refusal.js';
export { type SourceTree, treeOf } from './source-tree.js';
