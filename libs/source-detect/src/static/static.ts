import type { ServiceConfig } from '#libs/contracts';
import type { Finding, NeededPage, Site, StepsPlan } from '../build-plan.js';
import { portOf } from '../port.js';
import { SourceRefusal } from '../refusal.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { emptyPlan, versionOf } from '../steps.js';
import { builderOf } from './built.js';
import { unreadRules } from './hosting-files.js';

/** Where people keep pages that no tool makes, or that one has made. */
const USUAL_FOLDERS = ['public', 'dist', 'build', 'out', '_site', 'site', 'www', 'htdocs', 'html', 'docs'];

export const INDEX_PAGES = ['index.html', 'index.htm'];

/**
 * A site of files: built by what its manifest says, or given out as it is.
 * @throws SourceRefusal where no port is named, or no page is, or would be, at its root
 */
export function staticPlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  portOf(config);
  const plan = sitePlan(tree, config, found);
  return { ...plan, found: [...plan.found, ...unreadRules(tree, config)] };
}

function sitePlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const isThere = config.output !== undefined && hasPage(tree, config.output);
  const build = isThere && config.build === undefined ? undefined : builderOf(tree, config);
  if (build === undefined) return asItIs(tree, config, found);
  const { output, plan } = build;
  const site = siteOf(config, output.what);
  return { ...plan, command: undefined, site, found: [...found, ...plan.found, servedFrom(output)] };
}

const servedFrom = ({ what, by }: Finding): Finding => ({ what: `serves ${what}`, by });

function asItIs(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const output = folderOf(tree, config);
  const site = siteOf(config, output.what);
  if (config.install !== undefined) throw withoutUse();
  const missing = site.pages.find(
    ({ oneOf }) => !oneOf.some((page) => hasFile(tree, within(site.folder, page))),
  );
  if (missing !== undefined)
    throw missing.field === 'output' ? withoutPage(tree, site) : withoutFallback(site);
  const isRoot = output.what === '.';
  return {
    ...emptyPlan(site.base),
    site,
    found: [...found, ...(isRoot ? [] : [servedFrom(output)])],
  };
}

function siteOf(config: ServiceConfig, folder: string): Site {
  const { fallback, redirects = [] } = config;
  const startsElsewhere = redirects.some(({ from }) => from === '/' || from === '/*');
  const pages: NeededPage[] = startsElsewhere ? [] : [{ oneOf: INDEX_PAGES, field: 'output' }];
  if (fallback !== undefined) pages.push({ oneOf: [fallback], field: 'fallback' });
  return { folder, pages, base: { runtime: 'static', version: versionOf(config) } };
}

/** What config.json names, else the root where it has a page, else the one folder that has. */
function folderOf(tree: SourceTree, { output }: ServiceConfig): Finding {
  if (output !== undefined) return { what: output, by: 'config.json' };
  if (hasPage(tree, '.')) return { what: '.' };
  const [folder, ...others] = USUAL_FOLDERS.filter((name) => hasPage(tree, name));
  return folder === undefined || others.length > 0
    ? { what: '.' }
    : { what: folder, by: `${folder}/index.html` };
}

const within = (folder: string, page: string): string => (folder === '.' ? page : `${folder}/${page}`);

const hasPage = (tree: SourceTree, folder: string): boolean =>
  INDEX_PAGES.some((page) => hasFile(tree, within(folder, page)));

const nameOf = ({ folder }: Site): string => (folder === '.' ? 'the root of the source' : folder);

function withoutPage(tree: SourceTree, site: Site): SourceRefusal {
  const folders = tree.paths
    .filter((path) => INDEX_PAGES.some((page) => path.endsWith(`/${page}`)))
    .map((path) => path.slice(0, path.lastIndexOf('/')))
    .sort((a, b) => a.split('/').length - b.split('/').length);
  const others = folders.slice(0, 3).map((path) => `"${path}"`);
  return new SourceRefusal({
    field: 'output',
    why: `${nameOf(site)} holds no index.html, so the site would have no first page`,
    hint:
      others.length > 0
        ? `Name the folder that is served, such as ${others.join(' or ')}.`
        : 'Add an index.html, name the folder that has one, or name in build what makes it.',
  });
}

const withoutUse = (): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: 'nothing of this site is built, so nothing would use what it installs',
    hint: 'Remove the field, or name in build what builds the site.',
  });

const withoutFallback = (site: Site): SourceRefusal =>
  new SourceRefusal({
    field: 'fallback',
    why: `${nameOf(site)} holds no such page`,
    hint: 'Name a page within what is served, such as "index.html".',
  });
