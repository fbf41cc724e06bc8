import { unfinishedWorkOf } from '#libs/postgres';

/** What a release `r` is needed for, as conditions in SQL. */

const ROLLOUT_KEY = `r.app_id || '/' || r.service`;
const BUILD_KEY = `'build ' || ${ROLLOUT_KEY}`;

/** Its service has a task that is not done. */
export const IS_WORKED_ON = `(${unfinishedWorkOf(ROLLOUT_KEY)} OR ${unfinishedWorkOf(BUILD_KEY)})`;

/** It is current, wanted, or an instance runs it. */
export const IS_WANTED = `(
  EXISTS (SELECT FROM current_releases c WHERE c.release_id = r.id)
  OR EXISTS (SELECT FROM instances i
             WHERE i.app_id = r.app_id AND i.service = r.service AND i.report ->> 'release' = r.id)
  OR EXISTS (SELECT FROM specs s WHERE s.release_id = r.id OR s.spec -> 'canary' ->> 'release' = r.id))`;

/** `host/repository@sha256:...` */
export const IMAGE = `r.release ->> 'image'`;

/** Not what somebody else built, also where it lies in our registry. */
export const IS_OURS = `r.release -> 'config' ->> 'runtime' IS DISTINCT FROM 'image'`;
