import { parseCommentedJson } from './parse-commented-json.js';
import { JsonError } from './parse-json.js';
import { serviceConfigSchema } from './service-config.js';

/** Any field of ours; a worker's file may hold `command` alone. */
const ALL = new Set(Object.keys(serviceConfigSchema.shape));
/** Fields of ours that hardly any other program's config.json has; `port`, `env` and `version` are in many. */
const OWN = ['command', 'install', 'build', 'health', 'resources', 'replicas', 'stop', 'dockerfile'];
/** The same of the older form; `language` alone may be that of an application's texts. */
const OLDER = ['workdir', 'packages_file_path', 'package_installation_cmd', 'command'];

/**
 * Why a config.json is not that of a service but of another program, such as Sequelize; undefined where it is one,
 * also one with faults. Holds no value of the file.
 */
export function notServiceConfig(text: string): string | undefined {
  const root = rootOf(text);
  const isOurs = root === undefined ? looksOurs(text) : hasOurFields(root);
  if (isOurs) return undefined;
  return root === undefined
    ? 'its config.json cannot be read as JSON, and names no runtime'
    : 'its config.json has no runtime, so it is not that of a service';
}

function rootOf(text: string): unknown {
  try {
    return parseCommentedJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function hasOurFields(root: unknown): boolean {
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return false;
  const has = (name: string): boolean => Object.hasOwn(root, name);
  if ('runtime' in root) return typeof root.runtime !== 'object' || root.runtime === null;
  const isOnlyOurs = Object.keys(root).every((name) => ALL.has(name)) && OWN.some(has);
  return isOnlyOurs || (has('language') && OLDER.some(has)) || (has('port') && OWN.some(has));
}

/** A comma too many must not make a service go missing. */
const looksOurs = (text: string): boolean =>
  /"runtime"\s*:/.test(text) ||
  (/"language"\s*:/.test(text) && OLDER.some((name) => text.includes(`"${name}"`)));
