import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { allTopics } from '#libs/contracts';
import { requireEnv } from '#libs/testing';
import { database, query } from './world.js';

const run = promisify(execFile);
const MOST_BYTES = 512 * 1024 ** 2;

/** Topics of the platform, dead letters too, that hold one of these texts in a key, a header or a body. */
export async function topicsWith(texts: readonly string[]): Promise<readonly string[]> {
  const brokers = requireEnv('KAFKA_BROKERS');
  const listed = await run('kcat', ['-b', brokers, '-L', '-J'], { maxBuffer: MOST_BYTES });
  const { topics } = JSON.parse(listed.stdout) as { topics: { topic: string }[] };
  const names = topics.map(({ topic }) => topic).filter((topic) => allTopics.includes(topic));
  // Each reader waits a second for more: all at once.
  const held = await Promise.all(
    names.map(async (topic) => {
      const args = ['-b', brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k %h %s\n'];
      const { stdout } = await run('kcat', args, { maxBuffer: MOST_BYTES });
      return texts.some((text) => stdout.includes(text));
    }),
  );
  return names.filter((_, n) => held[n]);
}

interface Table {
  readonly name: string;
}

/** Tables of every app that hold one of these texts in a row. */
export async function tablesWith(texts: readonly string[]): Promise<readonly string[]> {
  const tables = await query<Table>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    [],
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const sql = `SELECT FROM ${name} t WHERE EXISTS (SELECT FROM unnest($1::text[]) x WHERE strpos(t::text, x) > 0) LIMIT 1`;
    const { rowCount } = await database().query(sql, [texts]);
    if (rowCount === 1) found.push(name);
  }
  return found;
}

/** Whether the log of the platform's process holds one of these texts. */
export function isInLog(texts: readonly string[]): boolean {
  const log = readFileSync(requireEnv('PLATFORM_LOG'), 'utf8');
  return texts.some((text) => log.includes(text));
}

/** The forms in which programs write a text down. */
export const formsOf = (text: string): readonly string[] => {
  const bytes = Buffer.from(text);
  return [text, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
};

const EVERY_MS = 40;

/** Looks at the command lines of all processes of this machine, its nodes' too, for as long as it is not ended. */
export class CommandLines {
  private readonly seen = new Set<string>();
  private readonly timer = setInterval(() => this.look(), EVERY_MS);

  /** Those that held the text. */
  with(text: string): readonly string[] {
    return [...this.seen].filter((line) => line.includes(text));
  }

  end(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        this.seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}
