import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const configuration = (await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href)) as {
  default: IConfiguration;
};
const { options } = configuration.default;
const forbidden = configuration.default.forbidden ?? [];
const fixtures = 'test/arrows/fixtures';

/** Names of the rules that a fixture breaks, each once. */
async function brokenRules(fixture: string): Promise<string[]> {
  const { output } = await cruise(
    [`${fixtures}/${fixture}`],
    { ...options, exclude: { path: '(?:^|/)dist/' }, baseDir: root, ruleSet: { forbidden }, validate: true },
    undefined,
    { tsConfig: extractTSConfig(join(root, 'tsconfig.json')) },
  );
  return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))];
}

describe('the arrows between folders', () => {
  it.each(forbidden.map((rule) => String(rule.name)))(
    '%s fires on its fixture, and nothing else does',
    async (rule) => {
      expect(await brokenRules(rule)).toEqual([rule]);
    },
  );

  it('lets through what the design allows', async () => {
    expect(await brokenRules('allowed')).toEqual([]);
  });

  it('says of every rule why it is there', () => {
    for (const rule of forbidden) expect(rule.comment?.length ?? 0).toBeGreaterThan(60);
  });
});

/** Rules broken by a fixture's text, linted as if it were a file of an app. */
async function lintedRules(fixture: string): Promise<(string | null)[]> {
  const text = await readFile(join(root, fixtures, 'eslint', fixture), 'utf8');
  const eslint = new ESLint({
    cwd: root,
    // The text is no file of the compiler's project; rules that need types are not what is tested here.
    overrideConfig: [
      { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
      untyped,
    ],
  });
  const [result] = await eslint.lintText(text, { filePath: join(root, 'apps/deployer/src/fixture.ts') });
  return (result?.messages ?? []).map((message) => message.ruleId);
}

const typedRules = [
  'no-floating-promises',
  'no-misused-promises',
  'await-thenable',
  'switch-exhaustiveness-check',
  'only-throw-error',
];
const untyped = {
  files: ['**/*.ts'],
  rules: Object.fromEntries(typedRules.map((rule) => [`@typescript-eslint/${rule}`, 'off' as const])),
};

describe('the linter', () => {
  it('refuses process.env outside the places that may read it', async () => {
    expect(await lintedRules('process-env.ts')).toEqual(['n/no-process-env']);
  });

  it.each(['shell-string.ts', 'shell-option.ts'])(
    'refuses a shell string built from input: %s',
    async (fixture) => {
      expect(await lintedRules(fixture)).toEqual(['no-restricted-syntax']);
    },
  );
});
