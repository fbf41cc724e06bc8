import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { charts } from './charts/charts.js';
import { documents } from './docs/documents.js';
import { stateDiagram } from './state-diagram.js';

const STATE_MACHINE = 'docs/explanation/state-machine.md';
const BEGIN = '<!-- generated: the state machine -->';
const END = '<!-- end of what is generated -->';

/** The file with what stands between the two marks made anew. */
function withDiagram(text: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${STATE_MACHINE} lacks ${BEGIN} or ${END}`);
  return `${before}${BEGIN}\n\n${stateDiagram()}\n\n${END}${after}`;
}

/** `npm run generate`: writes the documents made from the code; with `--check`, only tells whether they are current. */
const made: Readonly<Record<string, (current: string) => string>> = {
  ...documents,
  ...Object.fromEntries(Object.entries(await charts()).map(([file, svg]) => [file, () => svg])),
  [STATE_MACHINE]: withDiagram,
};

const outdated = Object.entries(made).flatMap(([file, make]) => {
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const text = make(current);
  return text === current ? [] : [[file, text] as const];
});

if (process.argv.includes('--check')) {
  for (const [file] of outdated) console.error(`${file} differs from the code; run \`npm run generate\``);
  process.exitCode = outdated.length === 0 ? 0 : 1;
} else {
  for (const [file, text] of outdated) {
    writeFileSync(file, text);
    console.log(`${file}: written`);
  }
  if (outdated.length === 0) console.log('generate: every document is current');
}
