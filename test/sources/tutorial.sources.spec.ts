import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cliConfigSchema } from '../../apps/cli/src/settings.js';
import { writeEnvFile } from '../../scripts/one-machine/env-file.js';
import { type TutorialBlock, tutorialBlocks } from './tutorial.js';

const PAGE = 'docs/tutorial/your-own-app.md';
/** Where the page puts the app; the test has a folder of its own, of the same name. */
const FOLDER = '/tmp/board';

const run = promisify(execFile);

/** One terminal of a user: what a block sets and where it goes holds for the next one. */
class Terminal {
  private constructor(
    private readonly root: string,
    private readonly app: string,
  ) {}

  /** In a folder that has what the demo writes. */
  static async open(): Promise<Terminal> {
    const root = await mkdtemp(join(tmpdir(), 'slipway-tutorial-'));
    const project = join(root, 'slipway');
    await mkdir(project);
    await symlink(resolve('bin'), join(project, 'bin'));
    const names = Object.keys(cliConfigSchema.shape).filter((name) => process.env[name] !== undefined);
    writeEnvFile(Object.fromEntries(names.map((name) => [name, String(process.env[name])])), project);
    return new Terminal(root, join(root, 'board'));
  }

  /** Runs a block as it stands on the page; gives what it printed. Throws if a command of it fails. */
  async type({ commands }: TutorialBlock): Promise<string> {
    const state = join(this.root, 'state');
    const script = [
      `if [ -f ${state} ]; then source ${state}; else cd ${join(this.root, 'slipway')}; fi`,
      'set -e',
      commands.replaceAll(FOLDER, this.app),
      `{ export -p; printf 'cd %q\\n' "$PWD"; } > ${state}`,
    ];
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: this.root };
    const { stdout, stderr } = await run('bash', ['-c', script.join('\n')], { env });
    return `${stdout}${stderr}`;
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true });
  }
}

const addressIn = (out: string): string => String(/✔ board {2}running {2}(http:\S+) on node-/.exec(out)?.[1]);
const textAt = async (url: string): Promise<string> => (await fetch(url)).text();

describe(`${PAGE} was tried by nobody after each change: its commands are typed as they stand there`, () => {
  const blocks = tutorialBlocks(PAGE);
  const kinds = [...new Set(blocks.flatMap(({ only }) => only ?? []))];

  it('has an app of Flask and one of Express', () => expect(kinds).toEqual(['Flask', 'Express']));

  // One after another, since both are called board. The short form types one of them.
  it.each(process.env['SLIPWAY_SOURCES'] === 'whole' ? kinds : kinds.slice(0, 1))('%s', async (kind) => {
    const terminal = await Terminal.open();
    try {
      const said = new Map<string, string>();
      for (const block of blocks.filter(({ only }) => only === undefined || only === kind)) {
        const out = await terminal.type(block);
        said.set(block.heading, `${said.get(block.heading) ?? ''}${out}`);
        const greeting = block.heading.startsWith('3. ') ? 'Hello' : 'Good morning';
        if (block.commands.includes('slipway deploy'))
          expect(await textAt(addressIn(out))).toBe(`${greeting} from ${kind}\n`);
      }
      const of = (number: number): string =>
        [...said].find(([heading]) => heading.startsWith(`${number}. `))?.[1] ?? '';

      // What the page says of each step.
      expect(of(2)).toContain('wrote config.json');
      const [deploy] = blocks.filter(({ heading }) => heading.startsWith('3. '));
      expect(of(2)).toContain(`next: ${deploy?.commands}`);
      expect(/^ *"health": { "path": "\/health" }/m.test(of(2))).toBe(kind === 'Express');
      expect(of(3).split('\n')[0]).toMatch(/^board: (?:python|node), by config\.json; /);
      expect(of(3).includes('served by gunicorn')).toBe(kind === 'Flask');
      const address = addressIn(of(5));
      expect(address).not.toBe(addressIn(of(3)));
      expect(of(5).split('next: slipway status board')[1]).toContain(address);
      expect(of(6)).toContain('✔ board  stopped');
    } finally {
      await terminal.close();
    }
  });
});
