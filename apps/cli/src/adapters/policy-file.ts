import { readFile } from 'node:fs/promises';
import { JsonError, parseCommentedJson } from '#libs/contracts';
import { usageError } from '../errors.js';

/** The object in a file, which may have comments as config.json may. Throws a usage error that holds no value of it. */
export async function readPolicyFile(path: string): Promise<object> {
  const wrong = (problem: string): Error =>
    usageError('USAGE', `--policy: ${problem}`, {
      hint: 'Name a file with one object, such as {"min": 1, "max": 10, "targets": {"cpu": 70}}.',
    });
  const text = await readFile(path, 'utf8').catch(() => {
    throw wrong(`${path} cannot be read`);
  });
  try {
    const policy = parseCommentedJson(text);
    if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy;
  } catch (error) {
    if (error instanceof JsonError) throw wrong(error.message);
    throw error;
  }
  throw wrong('expected an object in braces');
}
