/** On every container of ours: which Slipway launched it. */
export const INSTALLATION_LABEL = 'slipway.installation';
