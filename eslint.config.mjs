import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import n from 'eslint-plugin-n';

/** A shell string built from input is how the seed deployer was injectable: argument arrays only. */
const noShellStrings = [
  {
    selector: 'CallExpression[callee.name=/^(exec|execSync)$/]',
    message: 'exec() runs a shell string: use execFile or spawn with an argument array.',
  },
  {
    selector: "Property[key.name='shell'][value.value=true]",
    message: 'shell: true builds a shell string: pass an argument array.',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      'examples',
      'test/arrows/fixtures',
      'test/sources/projects',
      '.slipway',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { n },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', ...noShellStrings],
      // Configuration is one schema per app that fails at start with every problem listed.
      'n/no-process-env': 'error',
    },
  },
  {
    files: ['libs/config/**/*.ts', 'scripts/**/*.ts', 'test/**/*.ts', '**/*.spec.ts', 'libs/testing/**/*.ts'],
    rules: { 'n/no-process-env': 'off' },
  },
  { files: ['**/*.spec.ts', 'test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' },
    },
  },
);
