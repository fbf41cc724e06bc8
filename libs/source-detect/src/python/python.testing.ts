import { parseServiceConfig } from '#libs/contracts';
import { findingsText, type StepsPlan } from '../build-plan.js';
import { detect } from '../detect.js';
import { treeOf } from '../source-tree.js';

export type Files = Readonly<Record<string, string>>;

/** The plan of a service of Python of these files, at port 8000 unless `fields` of config.json say otherwise. */
export function plan(files: Files, fields: object = {}): StepsPlan {
  const config = parseServiceConfig(JSON.stringify({ runtime: 'python', port: 8000, ...fields }));
  return detect(treeOf(files), config) as StepsPlan;
}

export const found = (files: Files, fields: object = {}): string => findingsText(plan(files, fields).found);

export const command = (files: Files, fields: object = {}): string | undefined =>
  plan(files, fields).command?.join(' ');

export const FLASK = 'from flask import Flask\n\napp = Flask(__name__)\n';
export const MAIN = 'if __name__ == "__main__":\n    print("hello")\n';
export const WSGI = 'gunicorn --bind 0.0.0.0:8000';

export const project = (...dependencies: string[]): string =>
  `[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.10,<4"\ndependencies = ${JSON.stringify(dependencies)}\n`;
