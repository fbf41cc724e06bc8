import { DOCKERFILES, type ServiceConfig } from '#libs/contracts';
import type { Finding } from './build-plan.js';
import { dockerfilesOf } from './dockerfile-name.js';
import { frontEndOf } from './node/front-end.js';
import { inlineScripts } from './python/inline-script.js';
import { PYTHON_MANIFESTS } from './python/manifests.js';
import { REQUIREMENT_FILES } from './python/requirements.js';
import { otherBesideNode } from './other-beside-node.js';
import { unknownKind } from './unknown-kind.js';
import { pythonBesideNode } from './python-beside-node.js';
import { SourceRefusal } from './refusal.js';
import { presentOf, type SourceTree } from './source-tree.js';

/** By what a runtime is known, the surest first: who wrote a Dockerfile means it, whatever else lies there. */
const SIGNS: readonly (readonly [runtime: string, files: readonly string[]])[] = [
  ['dockerfile', DOCKERFILES],
  ['node', ['package.json']],
  // Its requirements are those of its build.
  ['static', ['mkdocs.yml', 'mkdocs.yaml']],
  ['python', [...PYTHON_MANIFESTS, 'manage.py', ...REQUIREMENT_FILES]],
  ['go', ['go.mod']],
  ['rust', ['Cargo.toml']],
  ['java', ['pom.xml', 'build.gradle', 'build.gradle.kts']],
  ['ruby', ['Gemfile']],
  ['php', ['composer.json', 'index.php']],
  ['static', ['index.html', 'index.htm']],
  ['python', ['app.py', 'main.py', 'wsgi.py', 'asgi.py', 'server.py', 'run.py', 'bot.py', 'worker.py']],
  ['node', ['index.js', 'server.js', 'app.js', 'main.js', 'index.mjs', 'server.mjs']],
];

/** The runtime that config.json names, else the one that the files at the root show. */
export function runtimeOf(
  tree: SourceTree,
  config: Pick<ServiceConfig, 'runtime' | 'image' | 'dockerfile' | 'legacy'> & {
    readonly command?: readonly string[];
  },
): Finding {
  if (config.runtime !== undefined) return { what: config.runtime, by: 'config.json' };
  if (config.legacy !== undefined)
    return { what: languageOf(config.legacy.baseImage), by: 'language of config.json' };
  if (config.image !== undefined) return { what: 'image', by: 'image in config.json' };
  if (config.dockerfile !== undefined) return { what: 'dockerfile', by: 'dockerfile in config.json' };
  for (const [runtime, files] of SIGNS) {
    const [sign] = presentOf(tree, files);
    if (sign === undefined) continue;
    const python = runtime === 'node' ? pythonBesideNode(tree, config) : undefined;
    if (python !== undefined) return { what: 'python', by: python };
    const other = runtime === 'node' ? otherBesideNode(tree, config) : undefined;
    if (other !== undefined) return { what: other.runtime, by: other.by };
    // What only browsers run is served as files, unless config.json starts something.
    const isSite = runtime === 'node' && config.command === undefined && frontEndOf(tree) !== undefined;
    return { what: isSite ? 'static' : runtime, by: sign };
  }
  const [script] = inlineScripts(tree);
  if (script !== undefined) return { what: 'python', by: script };
  throw unclear(tree);
}

/** Why nothing is known of it. */
function unclear(tree: SourceTree): SourceRefusal {
  const [dockerfile] = dockerfilesOf(tree);
  if (dockerfile !== undefined)
    return new SourceRefusal({
      field: 'dockerfile',
      why: `no file at the root shows what the source is written in, and ${dockerfile} is used only where it is named`,
      hint: 'Name the Dockerfile that is built.',
      examples: { dockerfile },
    });
  return (
    unknownKind(tree) ??
    new SourceRefusal({
      field: 'runtime',
      why: 'no file at the root shows what the source is written in',
      hint: 'Name its runtime, such as "python", "node", "static" or "dockerfile", or push the folder that holds its manifest.',
    })
  );
}

/** Runtimes that mean something else than the language of an image. */
const NOT_LANGUAGES = ['static', 'dockerfile', 'image'];

/** `ruby` of `registry.example.org/library/ruby:3`, as a runtime may be called. */
function languageOf(image: string): string {
  const name = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';
  const runtime = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 32);
  return /^[a-z]/.test(runtime) && !NOT_LANGUAGES.includes(runtime) ? runtime : 'other';
}
