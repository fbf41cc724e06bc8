import type { Finding } from '../build-plan.js';
import { hasFile, type SourceTree } from '../source-tree.js';

type Words = readonly string[];

/** Options of nodemon with a word behind them; what it passes on to Node.js is not among them. */
const OF_NODEMON = ['-w', '--watch', '-e', '--ext', '-i', '--ignore', '--delay', '-C', '--signal', '-s'];
const ALONE = ['-q', '--quiet', '-V', '--verbose', '-L', '--legacy-watch', '-I', '--no-stdin'];
const OF_NODE = ['-r', '--require', '--import'];

/** What nodemon runs, as Node.js is told it; undefined where it runs another program. */
function watched(words: Words): Words | undefined {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const name = word.split('=')[0] ?? '';
    if (ALONE.includes(word)) continue;
    if (OF_NODEMON.includes(name)) at += word === name ? 1 : 0;
    else if (OF_NODE.includes(name)) kept.push(word, ...(word === name ? [words[(at += 1)] ?? ''] : []));
    else if (word.startsWith('-')) return undefined;
    else return [...kept, ...words.slice(at)];
  }
  return undefined;
}

const isScript = (word: string | undefined): boolean => word !== undefined && /\.[cm]?js$/.test(word);

const missingFile = (word: string, tree: SourceTree): string | undefined => {
  const file = /^--env-file=(?:\.\/)?(.+)$/.exec(word)?.[1];
  return file === undefined || hasFile(tree, file) ? undefined : file;
};

/** Without what waits for changed files, and without files of variables that are not in the source. */
const plainNode = (words: Words, tree: SourceTree): Words =>
  words.filter((word) => !/^--watch(?:$|-path=)/.test(word) && missingFile(word, tree) === undefined);

/** Said, since whoever names such a file has variables in it. */
export const missingEnvFiles = (words: Words, tree: SourceTree): readonly Finding[] =>
  words
    .map((word) => missingFile(word, tree))
    .filter((file) => file !== undefined)
    .map((file) => ({
      what: `${file} is not in the source: its variables are those of \`env\` in config.json`,
    }));

/**
 * The words without a program that keeps another one alive: it waits where its program ended, or goes into the
 * background, and Slipway would not see that the service is down.
 */
export function withoutSupervisor(program: Words, tree: SourceTree): Words {
  const [first = '', ...rest] = program[0] === 'npx' ? program.slice(1) : program;
  if (first === 'node') return ['node', ...plainNode(rest, tree)];
  if (first === 'nodemon') {
    const words = watched(rest);
    const isTypeScript = words?.some((word) => word.endsWith('.ts')) === true;
    return words === undefined || isTypeScript ? program : ['node', ...words];
  }
  if (first === 'forever') {
    const [script, ...others] = rest[0] === 'start' ? rest.slice(1) : rest;
    return isScript(script) ? ['node', script ?? '', ...others] : program;
  }
  if (first !== 'pm2' || rest[0] !== 'start') return program;
  // Of the same package; it stays in the foreground.
  const [script = ''] = rest.slice(1);
  return isScript(script) && !script.includes('ecosystem') ? ['node', script] : ['pm2-runtime', ...rest];
}
