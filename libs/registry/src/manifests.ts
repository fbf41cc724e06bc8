const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** What is accepted as the manifest of an image, or as the index of those for several machines. */
export const ACCEPTED = [...INDEXES, ...MANIFESTS].join(', ');
