import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from '../build-plan.js';
import { frontEndOf } from '../node/front-end.js';
import { nodeBuild } from '../node/node.js';
import { packageJsonOf } from '../node/package-json.js';
import { PYTHON_MANIFESTS } from '../python/manifests.js';
import { pythonBuild } from '../python/python.js';
import { SourceRefusal } from '../refusal.js';
import { hasFile, presentOf, type SourceTree } from '../source-tree.js';
import { emptyPlan, stepOf, versionOf } from '../steps.js';

/** What makes the files of a site. */
export interface SiteBuild {
  readonly plan: StepsPlan;
  /** The folder that it makes, and by what that is known. */
  readonly output: Finding;
}

/** A tool's manifest, and what it does where config.json says nothing. */
interface Tool {
  readonly manifest: string;
  readonly build: readonly string[];
  readonly folder: string;
}

const PYTHON_TOOLS: readonly Tool[] = [
  { manifest: 'mkdocs.yml', build: ['mkdocs', 'build'], folder: 'site' },
  { manifest: 'mkdocs.yaml', build: ['mkdocs', 'build'], folder: 'site' },
  { manifest: 'pelicanconf.py', build: ['pelican', 'content'], folder: 'output' },
  { manifest: 'conf.py', build: ['sphinx-build', '-b', 'html', '.', '_build/html'], folder: '_build/html' },
  {
    manifest: 'docs/conf.py',
    build: ['sphinx-build', '-b', 'html', 'docs', 'docs/_build/html'],
    folder: 'docs/_build/html',
  },
];

/** How the site is built; undefined where its files lie there as they are. */
export function builderOf(tree: SourceTree, config: ServiceConfig): SiteBuild | undefined {
  const isBuilt = config.build !== undefined;
  if (hasFile(tree, 'package.json')) return nodeBuilder(tree, config);
  const tool = PYTHON_TOOLS.find(({ manifest }) => hasFile(tree, manifest));
  if (tool !== undefined) return pythonBuilder(tree, config, tool);
  if (!isBuilt) return undefined;
  if (presentOf(tree, PYTHON_MANIFESTS).length > 0) return pythonBuilder(tree, config, undefined);
  return { plan: plainPlan(config), output: namedOutput(config) };
}

/** Without a manifest: what the web server's own image can run, such as a script of a shell. */
function plainPlan(config: ServiceConfig): StepsPlan {
  return {
    ...emptyPlan({ runtime: 'static', version: versionOf(config) }),
    install: stepOf(config.install),
    installNeedsSource: config.install !== undefined,
    build: stepOf(config.build),
  };
}

/** The version in config.json is the web server's; that of the tools is said by their own files. */
const forTools = (config: ServiceConfig): ServiceConfig => ({
  ...config,
  version: undefined,
  command: undefined,
});

function pythonBuilder(tree: SourceTree, config: ServiceConfig, tool: Tool | undefined): SiteBuild {
  const by = tool?.manifest ?? presentOf(tree, PYTHON_MANIFESTS)[0];
  const plan = pythonBuild(tree, forTools(config), [{ what: 'built with python', by }]);
  const isConfigured = config.build !== undefined;
  const build = isConfigured ? plan.build : stepOf(tool?.build);
  const builds = isConfigured ? [] : [{ what: `builds with ${(tool?.build ?? []).join(' ')}`, by }];
  const output =
    config.output === undefined && tool !== undefined && !isConfigured
      ? { what: tool.folder, by: tool.manifest }
      : namedOutput(config, tool && { what: tool.folder, by: tool.manifest });
  return { plan: { ...plan, build, found: [...plan.found, ...builds] }, output };
}

/** Where it has a page, and no tool of a front end, its manifest is for something else, such as a formatter. */
function nodeBuilder(tree: SourceTree, config: ServiceConfig): SiteBuild | undefined {
  const frontEnd = frontEndOf(tree);
  const hasScript = packageJsonOf(tree)?.scripts['build'] !== undefined && !hasFile(tree, 'index.html');
  if (config.build === undefined && frontEnd === undefined && !hasScript) return undefined;
  const plan = nodeBuild(tree, forTools(config), [{ what: 'built with node', by: 'package.json' }]);
  if (plan.build.length === 0) throw withoutBuild(frontEnd?.tool);
  const known = frontEnd && { what: frontEnd.folder, by: 'what its tool builds' };
  const tools = frontEnd === undefined ? [] : [frontEnd.tool];
  return { plan: { ...plan, found: [...plan.found, ...tools] }, output: namedOutput(config, known) };
}

const withoutBuild = (tool: Finding | undefined): SourceRefusal =>
  new SourceRefusal({
    field: 'build',
    why: `package.json has no script "build"${tool === undefined ? '' : `, and depends on ${tool.what}`}`,
    hint: 'Name what builds the site, or name the folder that is served as it is in output.',
    examples: { build: 'npx vite build' },
  });

/** What config.json names wins. */
function namedOutput({ output }: ServiceConfig, known?: Finding): Finding {
  if (output !== undefined) return { what: output, by: 'config.json' };
  if (known !== undefined) return known;
  throw new SourceRefusal({
    field: 'output',
    why: 'the site is built, and nothing shows which folder the build makes',
    hint: 'Name the folder.',
    examples: { output: 'dist' },
  });
}
