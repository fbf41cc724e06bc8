/** One command of a build. */
export interface Step {
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** A folder whose content may stay from one build to the next, such as a package manager's downloads. */
  readonly cache?: string;
}

/** What an image is built on: the base of a runtime, in a version that fits, or an image by its name. */
export type BaseWish =
  { readonly runtime: string; readonly version?: VersionWish } | { readonly image: string };

export interface VersionWish {
  /** As it was written: `3.12`, `>=3.10,<4`, `^20 || ^22`. */
  readonly text: string;
  /** Where it was written: `config.json`, `.python-version`, `engines of package.json`. */
  readonly by: string;
  /** How `text` is read: an exact version, as `3.12` or `3.12.4`, unless it says otherwise. */
  readonly scheme?: 'exact' | 'pep440' | 'semver';
}

/** One thing that was found out, and by what: "pnpm 9, by pnpm-lock.yaml". */
export interface Finding {
  readonly what: string;
  readonly by?: string;
  /** Where others look for it among all that was found: what builds the service, and what starts it. */
  readonly kind?: 'build' | 'command';
}

/** A folder of files that a web server gives out. */
export interface Site {
  /** Relative to the working folder of the build; `.` is all of it. */
  readonly folder: string;
  /** Pages that the folder must have, else nothing could be seen. */
  readonly pages: readonly NeededPage[];
  /** The image with the web server. */
  readonly base: BaseWish;
}

export interface NeededPage {
  /** One of these is enough. */
  readonly oneOf: readonly string[];
  /** The field of config.json that would settle it. */
  readonly field: 'output' | 'fallback';
}

/** An image that is built by steps on a base. In this order: setUp, manifests, install, source, build, prune. */
export interface StepsPlan {
  readonly kind: 'steps';
  readonly base: BaseWish;
  /** The working folder within the image. */
  readonly workdir: string;
  /** What the base needs before anything of the source: a virtual environment, a package manager. */
  readonly setUp: readonly Step[];
  /** Set from after `setUp` on, also for the service itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Set once it is built: package managers would leave out what the build needs. */
  readonly runEnv: Readonly<Record<string, string>>;
  /** Files that the installation reads: copied before the rest, so that a change of code keeps the layer. */
  readonly manifests: readonly string[];
  /** The installation reads more than the manifests: the whole source is copied before it. */
  readonly installNeedsSource: boolean;
  readonly install: readonly Step[];
  readonly build: readonly Step[];
  /** Removes what only the build needed. */
  readonly prune: readonly Step[];
  /** Environment variables of every step, whose values are known to the build alone and stay in no layer. */
  readonly secrets: readonly string[];
  /** Starts the service; undefined where the base image does. */
  readonly command?: readonly string[];
  /** Given out by an image of its own; the rest only makes the files. */
  readonly site?: Site;
  readonly found: readonly Finding[];
}

/** The Dockerfile of the source. */
export interface DockerfilePlan {
  readonly kind: 'dockerfile';
  readonly file: string;
  /** The stage that is built; the last one where it is left out. */
  readonly target?: string;
  readonly args: Readonly<Record<string, string>>;
  readonly found: readonly Finding[];
}

/** An image that somebody else built. */
export interface ImagePlan {
  readonly kind: 'image';
  readonly image: string;
  readonly found: readonly Finding[];
}

export type BuildPlan = StepsPlan | DockerfilePlan | ImagePlan;

/** What was found, as one sentence: "node, by package.json; pnpm 9, by pnpm-lock.yaml". */
export const findingsText = (found: readonly Finding[]): string =>
  found.map(({ what, by }) => (by === undefined ? what : `${what}, by ${by}`)).join('; ');
