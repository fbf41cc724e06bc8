import { commandWords } from '#libs/contracts';
import { manifestOfPython } from '../python-beside-node.js';
import { SourceRefusal } from '../refusal.js';
import type { SourceTree } from '../source-tree.js';
import { dependsOn } from './package-json.js';
import { frontEndOf } from './front-end.js';
import type { Project } from './project.js';
import { isForWorkAlone } from './served.js';

const EXAMPLES = { command: 'node bin/www' };

/** What is said where nothing tells how the service starts. */
export function nothingToStart(tree: SourceTree, project: Project | undefined): SourceRefusal {
  if (project === undefined)
    return new SourceRefusal({
      field: 'command',
      why: 'there is no package.json, and no server.js, index.js, app.js or main.js to start',
      hint: 'Name what starts the service.',
      examples: EXAMPLES,
    });
  return ofPackages(project) ?? ofFrontEnd(tree) ?? ofPython(tree) ?? ofRoot(project);
}

function ofPackages({ packages, commands }: Project): SourceRefusal | undefined {
  const names = packages.flatMap(({ json, folder }) =>
    json.scripts['start'] === undefined ? [] : [json.name ?? folder],
  );
  const [first] = names;
  if (first === undefined) return undefined;
  // What only an array can say is no text for a flag.
  const words = commands.runIn(first, 'start');
  const isText = 'words' in commandWords(words.join(' '));
  return new SourceRefusal({
    field: 'command',
    why: `the root of the workspace starts nothing; ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'}`,
    hint: isText ? 'Name the package to start.' : `Name the package to start: ${JSON.stringify(words)}.`,
    ...(isText && { examples: { command: words.join(' ') } }),
  });
}

function ofFrontEnd(tree: SourceTree): SourceRefusal | undefined {
  const frontEnd = frontEndOf(tree);
  if (frontEnd === undefined) return undefined;
  return new SourceRefusal({
    field: 'runtime',
    examples: { runtime: 'static' },
    why: `it says "node", and nothing is to be started: this is a site by ${frontEnd.tool.what}`,
    hint: 'Set it to "static", or leave it out. If the site has a server of its own, name its start in command.',
  });
}

/** Nothing of either starts, as far as can be seen. */
function ofPython(tree: SourceTree): SourceRefusal | undefined {
  const manifest = manifestOfPython(tree);
  if (manifest === undefined) return undefined;
  return new SourceRefusal({
    field: 'runtime',
    why: `package.json and ${manifest} both lie at the root, and package.json starts nothing`,
    hint: 'Set it to "python" if the service is one of Python. If it is one of Node.js, name what starts it in command.',
  });
}

function ofRoot({ root }: Project): SourceRefusal {
  if (dependsOn(root, '@sveltejs/kit') || dependsOn(root, 'astro'))
    return new SourceRefusal({
      field: 'command',
      why: 'no adapter of package.json builds a server that can be started',
      hint: 'Add @sveltejs/adapter-node or @astrojs/node, which build a server, or name its start in command.',
      examples: { command: 'node build' },
    });
  const script = root.scripts['start'];
  return new SourceRefusal({
    field: 'command',
    why: isForWorkAlone(script, root)
      ? 'the script start of package.json serves for development only'
      : 'package.json has no script start and no main that is there, and no server.js, index.js or app.js is',
    hint: 'Name what starts the service, or add a script start to package.json.',
    examples: EXAMPLES,
  });
}
