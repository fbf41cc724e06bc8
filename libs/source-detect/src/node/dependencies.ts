import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from '../build-plan.js';
import { devToolOf } from './dev-tools.js';
import { dependsOn } from './package-json.js';
import type { Project } from './project.js';
import type { Start } from './start.js';

/** What a plan of everything installed becomes for a service. */
type Dependencies = Partial<Pick<StepsPlan, 'install' | 'prune'>> & {
  readonly installed: readonly Finding[];
};

/** Development dependencies are installed where the build or a script needs them, and stay where the service does. */
export function dependenciesOf(project: Project, config: ServiceConfig, start: Start): Dependencies {
  const { root, packages, commands, lifecycle, build } = project;
  if (config.install !== undefined) return { installed: [] };
  const tool = devToolOf(start.text, root);
  if (tool !== undefined) return stay(`${tool} starts the service`, 'package.json');
  const releaseTool = devToolOf(config.release?.join(' ') ?? '', root);
  if (releaseTool !== undefined) return stay(`${releaseTool} is used by the release command`, 'config.json');
  const all = [root, ...packages.map(({ json }) => json)];
  const hasMore = all.some(({ devDependencies }) => Object.keys(devDependencies).length > 0);
  if (!hasMore || (build.length === 0 && !lifecycle.runsScripts))
    return { install: commands.installForRunning, installed: [] };
  if (losesClient(project)) return stay('their removal would take the generated client', '@prisma/client');
  return { prune: commands.prune, installed: [] };
}

const stay = (why: string, by: string): Dependencies => ({
  installed: [{ what: `development dependencies stay, for ${why}`, by }],
});

/** Prisma generates its client into node_modules, where npm and pnpm leave what they do not know. */
const losesClient = ({ root, manager }: Project): boolean =>
  dependsOn(root, '@prisma/client') && manager.name !== 'npm' && manager.name !== 'pnpm';
