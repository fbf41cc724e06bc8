/** On every image of ours. Another name, since a container that anybody makes of an image has its labels too. */
export const BUILT_BY_LABEL = 'slipway.built-by';
