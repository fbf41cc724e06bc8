import { expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, findingsText, propose, treeOf } from '../index.js';

const PROCFILES = [
  'worker: python worker.py\n',
  'web: gunicorn -b 0.0.0.0:$PORT app:app\n',
  'web: flask db upgrade && gunicorn -b :$PORT app:app\n',
];

it.each(PROCFILES)('%s: what init had written down as command was told as "not started here"', (text) => {
  const tree = treeOf({ Procfile: text, 'requirements.txt': '', 'worker.py': '', 'app.py': '' });
  const { command, port } = propose(tree);
  const config = { runtime: 'python', command: command?.value, port: port?.value };
  const { found } = detect(tree, parseServiceConfig(JSON.stringify(config)));
  expect(command?.value).toBeDefined();
  expect(findingsText(found)).not.toContain('not started here');
});

it('another command is started instead of what the Procfile has, which is said', () => {
  const tree = treeOf({ Procfile: 'worker: python worker.py\n', 'requirements.txt': '', 'other.py': '' });
  const config = parseServiceConfig('{"runtime":"python","command":"python other.py"}');
  expect(findingsText(detect(tree, config).found)).toContain('not started here: worker, by Procfile');
});
