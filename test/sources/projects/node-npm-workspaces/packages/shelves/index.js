export const shelfOf = (author) => author.charCodeAt(0) - 64;
