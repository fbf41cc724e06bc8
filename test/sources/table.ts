import { writeFileSync } from 'node:fs';
import type { CorpusProject } from './corpus/corpus.js';

/** How one project ended in one pass. */
export interface Result {
  readonly name: string;
  readonly pass: 'as it is' | 'after init';
  readonly detected: readonly string[];
  readonly ended: string;
  readonly seconds: number;
}

const HEAD = ['project', 'convention', 'detected', 'how it ended', 'seconds', 'after init', 'seconds'];

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

function rowOf({ name, convention }: CorpusProject, results: readonly Result[]): string {
  const [asItIs, afterInit] = (['as it is', 'after init'] as const).map((pass) =>
    results.find((result) => result.name === name && result.pass === pass),
  );
  const isSame = asItIs?.ended === afterInit?.ended;
  const cells = [
    ...[
      name,
      convention,
      asItIs?.detected.join('; ') ?? '',
      asItIs?.ended ?? '',
      asItIs?.seconds.toFixed(1) ?? '',
    ],
    ...[isSame ? 'the same' : (afterInit?.ended ?? ''), afterInit?.seconds.toFixed(1) ?? ''],
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const isRun = ({ ended }: Result): boolean => !/^(?:refused|fails|FAILED)/.test(ended);

function countOf(results: readonly Result[], pass: Result['pass']): string {
  const of = results.filter((result) => result.pass === pass);
  const refused = of.filter(({ ended }) => ended.startsWith('refused')).length;
  const failed = of.filter(({ ended }) => ended.startsWith('fails')).length;
  const fail = failed === 0 ? '' : `, ${failed} are built and fail with the cause`;
  return `${of.filter(isRun).length} run, ${refused} are refused before they are built${fail}`;
}

/** docs/explanation/sources.md, as `npm run test:sources` writes it. */
export function writeTable(results: readonly Result[], projects: readonly CorpusProject[]): void {
  const text = [
    '# Sources',
    '',
    'Written by `npm run test:sources`. Each project is small, written for this test, and follows a public convention. Each',
    'lies in `test/sources/projects`, or is an example. It is deployed by `slipway deploy` on a real engine. Then the same is done without its',
    'config.json: `slipway init` writes one, and `slipway deploy` deploys that. Seconds are those of `slipway deploy`, with',
    'four at once on two cores; a build whose layers the builder has already takes less.',
    '',
    `Of ${projects.length} projects, with their config.json: ${countOf(results, 'as it is')}. After \`slipway init\`: ${countOf(results, 'after init')}.`,
    '',
    `| ${HEAD.join(' | ')} |`,
    `|${HEAD.map(() => '---').join('|')}|`,
    ...projects.map((project) => rowOf(project, results)),
    '',
  ];
  writeFileSync('docs/explanation/sources.md', text.join('\n'));
}
