/** On every image of ours. A separate label, because containers inherit the labels of their image. */
export const BUILT_BY_LABEL = 'slipway.built-by';
