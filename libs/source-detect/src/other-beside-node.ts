import { packageJsonOf } from './node/package-json.js';
import { startsNode } from './python-beside-node.js';
import { presentOf, type SourceTree } from './source-tree.js';

/** By what a service of another language is known whose package.json makes its style sheets and scripts alone. */
const SIGNS: readonly (readonly [runtime: string, manifest: string, entries: readonly string[]])[] = [
  ['php', 'composer.json', ['artisan', 'public/index.php', 'index.php']],
  ['ruby', 'Gemfile', ['config.ru', 'bin/rails']],
  ['java', 'pom.xml', ['pom.xml']],
  ['java', 'build.gradle', ['build.gradle']],
  ['java', 'build.gradle.kts', ['build.gradle.kts']],
  ['go', 'go.mod', ['go.mod']],
  ['rust', 'Cargo.toml', ['src/main.rs']],
];

const OF_NODE = /^(?:node|npm|npx|yarn|pnpm|bun)$/;

/** The runtime of a source with a package.json that starts nothing, and the file that shows it. */
export function otherBesideNode(
  tree: SourceTree,
  { command }: { readonly command?: readonly string[] },
): { readonly runtime: string; readonly by: string } | undefined {
  const [runtime, manifest] =
    SIGNS.find(
      ([, file, entries]) => presentOf(tree, [file]).length > 0 && presentOf(tree, entries).length > 0,
    ) ?? [];
  if (runtime === undefined || manifest === undefined) return undefined;
  const root = packageJsonOf(tree);
  const isOfNode =
    command === undefined ? root !== undefined && startsNode(tree, root) : OF_NODE.test(command[0] ?? '');
  return isOfNode ? undefined : { runtime, by: manifest };
}
