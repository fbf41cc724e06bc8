import { z } from 'zod';

/** How the container of a service is made, beside its image. */

const NAME = '[A-Za-z_][A-Za-z0-9_-]{0,31}';
const ID = '[0-9]{1,7}';

/** As the image knows them; a group may follow. */
export const userSchema = z
  .string()
  .regex(
    new RegExp(`^(?:${NAME}|${ID})(?::(?:${NAME}|${ID}))?$`),
    'expected a user such as 1000, 1000:1000 or app',
  );

/** A folder inside the container. */
export const folderSchema = z
  .string()
  .max(255)
  .regex(/^(?:\/[\w@+-][\w.@+-]*|\/\.[\w@+-][\w.@+-]*)+$/, 'expected an absolute path such as /app/data');

/** The kernel's own, without which no program starts. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev)(?:\/|$)/;

export const MOST_FOLDERS = 20;

export const writableFolderSchema = folderSchema.refine(
  (path) => !OF_THE_KERNEL.test(path),
  'expected a folder outside /proc, /sys and /dev',
);

export const tmpfsSchema = z
  .array(writableFolderSchema)
  .max(MOST_FOLDERS)
  .refine((paths) => new Set(paths).size === paths.length, 'expected each path once');
