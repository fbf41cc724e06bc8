import type { ServiceConfig } from '#libs/contracts';
import type { BaseWish, Step, StepsPlan, VersionWish } from './build-plan.js';

/** Where a service lies within its image. */
export const WORKDIR = '/app';

/** A plan without any step. */
export const emptyPlan = (base: BaseWish): StepsPlan => ({
  kind: 'steps',
  base,
  workdir: WORKDIR,
  setUp: [],
  env: {},
  runEnv: {},
  manifests: [],
  installNeedsSource: false,
  install: [],
  build: [],
  prune: [],
  secrets: [],
  found: [],
});

/** The one step of a command of config.json, or none. */
export const stepOf = (argv: readonly string[] | undefined, cache?: string): readonly Step[] =>
  argv === undefined ? [] : [{ argv, ...(cache !== undefined && { cache }) }];

/** The version that config.json asks for. */
export const versionOf = ({ version }: Pick<ServiceConfig, 'version'>): VersionWish | undefined =>
  version === undefined ? undefined : { text: version, by: 'config.json' };
