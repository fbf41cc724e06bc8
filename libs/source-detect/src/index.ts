export type {
  BaseWish,
  BuildPlan,
  DockerfilePlan,
  Finding,
  NeededPage,
  Site,
  Step,
  StepsPlan,
  VersionWish,
} from './build-plan.js';
export { findingsText } from './build-plan.js';
export { detect } from './detect.js';
export { dockerExceptions, dockerIgnores } from './docker-ignore.js';
export { basesOf } from './dockerfile-stages.js';
export { INSTALL_GIT } from './git.js';
export { nearestRuntime } from './nearest-runtime.js';
export { portOf } from './port.js';
export { runtimeOf } from './runtime.js';
export { type Given, propose, type Proposal } from './proposal/proposal.js';
export { SourceRefusal } from './refusal.js';
export { type ReadableFile, type SourceTree, treeOf, treeReading } from './source-tree.js';
export { fitsWish } from './version-fit.js';
export { beginsWith, compareVersions, type VersionParts, versionParts } from './pep440.js';
