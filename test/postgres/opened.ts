import { loadConfig } from '#libs/config';
import { eventTables, type MigrationSet, workTables } from '#libs/postgres';
import { type Database, openDatabase, runtimeConfigSchema, withRuntimeRules } from '#libs/runtime';
import { createLogger } from '#libs/telemetry';

const logger = createLogger({ app: 'test', replica: 'test', level: 'error' });

interface Opening {
  readonly schema?: string;
  readonly migrations?: readonly MigrationSet[];
}

/** The database of an app that was given these variables. */
export async function opened(env: NodeJS.ProcessEnv, opening: Opening = {}): Promise<Database> {
  const { schema = 'app', migrations = [eventTables, workTables] } = opening;
  const config = loadConfig(withRuntimeRules(runtimeConfigSchema), { KAFKA_BROKERS: 'localhost:1', ...env });
  return openDatabase({ app: 'test', replica: 'test', schema, migrations, config }, logger);
}

/** The error by which an app with these variables does not start. */
export async function refusal(env: NodeJS.ProcessEnv, opening?: Opening): Promise<Error> {
  let database: Database;
  try {
    database = await opened(env, opening);
  } catch (error) {
    return error as Error;
  }
  await database.close();
  throw new Error('the app starts');
}
