/**
 * A name as the path of a URL.
 * @param {string} name
 */
export const pathOfName = (name) => name.split('/').map(encodeURIComponent).join('/');
