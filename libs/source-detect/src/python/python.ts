import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from '../build-plan.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { emptyPlan, stepOf, versionOf } from '../steps.js';

const CACHE = '/root/.cache/pip';
const VENV = '/opt/venv';
const PIP_INSTALL = ['pip', 'install', '--disable-pip-version-check', '-r', 'requirements.txt'];

/** The virtual environment that a service of Python is installed into, first on its path. */
export const VIRTUAL_ENVIRONMENT = {
  setUp: [{ argv: ['python3', '-m', 'venv', VENV] }],
  env: { PATH: `${VENV}/bin:$PATH`, PYTHONUNBUFFERED: '1' },
} as const;

/** A service of Python. */
export function pythonPlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const manifests = presentOf(tree, ['requirements.txt']);
  return {
    ...emptyPlan('python'),
    base: { runtime: 'python', version: versionOf(config) },
    ...VIRTUAL_ENVIRONMENT,
    manifests,
    install: stepOf(config.install ?? (manifests.length > 0 ? PIP_INSTALL : undefined), CACHE),
    build: stepOf(config.build, CACHE),
    command: config.command,
    found,
  };
}
