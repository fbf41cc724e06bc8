import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from '../../scripts/one-machine/made-once.js';

const run = promisify(execFile);
const HELM = 'v3.17.0';
const SCHEMAS = '1.37.0';
const CLOUD_NATIVE_PG = 'v1.27.0';
/** Also in strimzi/pom.xml. */
const STRIMZI = '0.49.0';
const POM = 'test/infra/strimzi/pom.xml';

export interface KubernetesTools {
  helm(...args: readonly string[]): Promise<string>;
  /** Throws where a resource does not fit the schemas of a version. */
  validate(version: string, file: string): Promise<string>;
}

/** Helm by Go, and the schemas of Kubernetes by pip. */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const helm = await madeOnce(`helm-${HELM}`, (path) =>
    run('go', ['install', `helm.sh/helm/v3/cmd/helm@${HELM}`], { env: { ...process.env, GOBIN: path } }),
  );
  const schemas = await madeOnce(`kubernetes-validate-${SCHEMAS}`, async (path) => {
    await run('python3', ['-m', 'venv', path]);
    await run(join(path, 'bin/pip'), ['install', '--quiet', `kubernetes-validate==${SCHEMAS}`]);
  });
  const said = async (command: string, args: readonly string[]): Promise<string> =>
    (await run(command, [...args], { maxBuffer: 1 << 26 })).stdout;
  return {
    helm: (...args) => said(join(helm, 'helm'), args),
    validate: (version, file) =>
      said(join(schemas, 'bin/kubernetes-validate'), ['--strict', '-k', version, file]),
  };
}

/** The folder with the definitions of CloudNativePG's resources, from its Go module. */
export async function cloudNativePgDefinitions(): Promise<string> {
  const module = `github.com/cloudnative-pg/cloudnative-pg@${CLOUD_NATIVE_PG}`;
  const { stdout } = await run('go', ['mod', 'download', '-json', module]);
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  const bases = join(folder, 'config/crd/bases');
  if (readdirSync(bases).length === 0) throw new Error(`${bases} is empty`);
  return bases;
}

/** What Strimzi's own model, from Maven, says of a file: how many resources, and each field that it does not know. */
export async function strimziForm(file: string): Promise<string> {
  const jars = await madeOnce(`strimzi-${STRIMZI}`, (path) =>
    run('mvn', ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${path}`]),
  );
  const check = ['-cp', `${jars}/*`, 'test/infra/strimzi/StrimziForm.java', file];
  return run('java', check).then(
    ({ stdout }) => stdout.trim(),
    (error: { stdout?: string }) => error.stdout?.trim() || Promise.reject(error as Error),
  );
}
