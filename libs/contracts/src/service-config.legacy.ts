import { z } from 'zod';
import { commandWords, SHELL_TEXT, shellProblem } from './command-words.js';
import { storableText } from './names.js';

/** Said here, since ours does not know the field by its older name. Six strings: a list would be refused. */
function checkCommand(text: string, context: z.RefinementCtx<string>): void {
  if (text.trim() === '') return;
  const split = commandWords(text.trim());
  if ('words' in split) return;
  context.addIssue({ code: 'custom', message: shellProblem(split.refusal, SHELL_TEXT) });
}

/** The older form: six strings, all required; such archives deploy unchanged. */
export const legacyConfigSchema = z.object({
  /** A base image such as `python:3.10-alpine`. */
  language: z.string().regex(/^[A-Za-z0-9][\w./:@-]*$/, 'expected an image such as python:3.10-alpine'),
  workdir: z.string().regex(/^\/[\w./-]*$/, 'expected an absolute path such as /app'),
  port: z.string().regex(/^[0-9]{1,5}$/, 'expected a port as a string, such as "8000"'),
  command: storableText().min(1).superRefine(checkCommand),
  packages_file_path: storableText(),
  package_installation_cmd: storableText().superRefine(checkCommand),
});

type LegacyConfig = z.output<typeof legacyConfigSchema>;

/** `language` stands only in the older form, `runtime` only in ours. */
export function isLegacy(root: unknown): boolean {
  return typeof root === 'object' && root !== null && 'language' in root && !('runtime' in root);
}

/** The runtime behind an image's name; any other image is taken as it is. */
function runtimeOf(language: string): 'python' | 'node' | undefined {
  const name = language.split('/').at(-1) ?? language;
  if (/^node\b/.test(name)) return 'node';
  return /python|^pypy\b|^(?:mini)?conda/.test(name) ? 'python' : undefined;
}

/** The older form in the words of ours; still to be checked against our schema. */
export function fromLegacy(config: LegacyConfig): unknown {
  return {
    runtime: runtimeOf(config.language),
    port: Number(config.port),
    command: config.command,
    install: config.package_installation_cmd.trim() === '' ? undefined : config.package_installation_cmd,
    legacy: { baseImage: config.language, workdir: config.workdir, packagesFile: config.packages_file_path },
  };
}
