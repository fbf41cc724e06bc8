import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Fault } from './faults.js';
import type { Figures } from './figures.js';
import { REPLICAS, WATCHERS } from './installation.js';

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

const failedIn = ({ failed }: Figures): string =>
  Object.entries(failed)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ') || '0';

const rowOf = (figures: Figures): string => {
  const { fault, sent, succeeded, unanswered, medianMs, longestMs, contradicting, leftOver, newRequestMs } =
    figures;
  const times = [medianMs, longestMs, newRequestMs].map(seconds);
  const cells = [fault, sent, succeeded, failedIn(figures), unanswered, ...times, contradicting, leftOver];
  return `| ${cells.join(' | ')} |`;
};

const HEAD = [
  ...['fault', 'sent', 'succeeded', 'failed', 'unanswered', 'median, s', 'longest, s', 'new request, s'],
  ...['contradicting', 'left over'],
];

const FILE = 'docs/explanation/faults.md';

/** Faults that were left out this time keep their row. */
function rowsOf(results: readonly Figures[], faults: readonly Fault[]): readonly string[] {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n') : [];
  return faults.flatMap(({ name }) => {
    const figures = results.find(({ fault }) => fault === name);
    return figures === undefined ? before.filter((line) => line.startsWith(`| ${name} |`)) : [rowOf(figures)];
  });
}

/** docs/explanation/faults.md, as `npm run test:faults` writes it. */
export function writeTable(results: readonly Figures[], faults: readonly Fault[]): void {
  const text = [
    '# Faults',
    '',
    `Written by \`npm run test:faults\`. ${REPLICAS} deployers, a gateway, ${WATCHERS} of each other app, four nodes and three Kafka brokers`,
    'run on one machine (replication factor 3, two in sync). About two requests a second come while a fault lasts, and shortly before and after it: run,',
    'build-and-run, build and stop, with a deadline of 60 s each. One in seven repeats an earlier token. A request may fail if',
    'the fault makes its success impossible, and only with a code that says so. Once all are answered, each token is sent',
    'again and must get the same answer. Then all services are stopped. Nothing may be left: no container, image on the',
    'builder, open port, reservation, row of an instance, source folder, work or message.',
    '',
    `| ${HEAD.join(' | ')} |`,
    `|${HEAD.map(() => '---').join('|')}|`,
    ...rowsOf(results, faults),
    '',
    'Times are from the publication to the first reply. `new request` is a build-and-run that was sent right after the',
    'fault.',
    '',
    ...faults.map(({ name, what }) => `- ${name}: ${what}.`),
    '',
  ];
  writeFileSync(FILE, text.join('\n'));
}
