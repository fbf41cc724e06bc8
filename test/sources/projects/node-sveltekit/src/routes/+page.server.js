export const load = () => ({ place: 'the server' });
