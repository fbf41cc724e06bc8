import { z } from 'zod';

/**
 * The name of a layer has so many characters of base64url: the first 36 bits of its chain id (OCI image specification,
 * config, "Layer ChainID"), which is the hash of the layer with all that lie below it. Two of them are taken for one another
 * once in 68,719,476,736 comparisons; then a node is a little better or worse than it was thought to be.
 */
export const LAYER_NAME_LENGTH = 6;
/** The layers of a node with more of them are not told: they would be most of its state. */
export const MOST_LAYERS = 1_000;
/** An image that overlayfs can mount has no more. */
export const MOST_LAYERS_OF_IMAGE = 127;

export const imageLayersSchema = z.object({
  architecture: z
    .string()
    .max(50)
    .optional()
    .describe('Of an image for several architectures, the one whose layers these are.'),
  layers: z
    .array(
      z.object({
        name: z
          .string()
          .length(LAYER_NAME_LENGTH)
          .describe(
            'The first characters, in base64url, of the hash of the layer with all that lie below it.',
          ),
        bytes: z.int().min(0).describe('Its size in the registry, compressed.'),
      }),
    )
    .min(1)
    .max(MOST_LAYERS_OF_IMAGE)
    .describe('From the lowest to the highest.'),
});

/** What an image consists of. */
export type ImageLayers = z.output<typeof imageLayersSchema>;
