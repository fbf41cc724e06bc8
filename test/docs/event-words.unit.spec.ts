import { expect, it } from 'vitest';
import { deploymentProgressed } from '#libs/contracts';
import { foldProgress, startProgress } from '../../apps/cli/src/domain/progress.js';
import { plainPaint, progressLines } from '../../apps/cli/src/domain/progress-lines.js';
import { effectKinds, entryOf } from '../../apps/deployer/src/task/domain/effect-table.js';

const ends = effectKinds.flatMap((kind) => entryOf(kind).endedBy);
const columns = 120;

// No app imports another, so the compiler cannot ask the command for the words of an event of the deployer.
it.each(ends)('the command has words for what goes on after %s', (event) => {
  const example = deploymentProgressed.schema.parse(deploymentProgressed.example);
  const { token, service = '' } = example;
  const progress = foldProgress(startProgress(token, [service], 0), { ...example, event, version: 1 }, 0);
  const [, line] = progressLines(progress, 0, { paint: plainPaint, columns });
  expect(line).toContain(service);
  expect(line).not.toContain(event);
});
